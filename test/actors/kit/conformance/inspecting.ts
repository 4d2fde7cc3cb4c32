// What can be seen of a running system: inspect() and the log.

import { describe, expect, it } from 'vitest';
import type { SystemView } from '#actors/kit';
import { act, crash, note, puppet } from '../puppet.ts';
import type { Stage } from './stage.ts';

export function inspecting(runner: string, stage: Stage): void {
  describe(`inspect() on ${runner}`, () => {
    it('R-OPS-1: shows the live tree with phase, mailbox, restarts, last crash and dead letters', async () => {
      const middle = await stage.childOf(stage.root(), 'middle');
      const leaf = await stage.childOf(middle, 'leaf');
      stage.system.send(leaf, crash('a leaf broke'));
      await stage.advance(20);
      stage.system.send(middle, note('x'));
      await stage.advance(0);
      stage.system.send(leaf, note('waits'));
      expect(stage.system.inspect()).toEqual({
        name: expect.any(String),
        life: 'running',
        deadLetters: { stopped: 0, full: 0, late: 0 },
        crashes: 1,
        turnsPending: 1,
        performing: 0,
        roots: [
          {
            path: '/root',
            kind: 'root',
            life: 'running',
            phase: 'empty',
            summary: { notes: 0 },
            mailbox: 0,
            restarts: 0,
            deadLetters: 0,
            refused: 0,
            children: [
              {
                path: '/root/middle',
                kind: 'middle',
                life: 'running',
                phase: 'noted',
                summary: { notes: 1 },
                mailbox: 0,
                restarts: 0,
                deadLetters: 0,
                refused: 0,
                children: [
                  {
                    path: '/root/middle/leaf',
                    kind: 'leaf',
                    life: 'running',
                    phase: 'empty',
                    summary: { notes: 0 },
                    mailbox: 1,
                    restarts: 1,
                    lastCrash: { atMs: expect.any(Number), path: '/root/middle/leaf', text: 'a leaf broke' },
                    deadLetters: 0,
                    refused: 0,
                    children: [],
                  },
                ],
              },
            ],
          },
        ],
      } satisfies SystemView);
    });

    it('R-OPS-1: survives a describe() that throws, and shows a state that waits for its start', async () => {
      const broken = {
        ...puppet('root', stage.diary),
        describe() {
          throw new Error('no words');
        },
      };
      const address = stage.system.spawn(broken, 'root', {});
      expect(stage.viewOf(address)).toMatchObject({ life: 'starting' });
      await stage.advance(0);
      expect(stage.viewOf(address)).toMatchObject({ life: 'running', phase: 'describe threw: no words' });
    });
  });

  describe(`the log on ${runner}`, () => {
    it('R-OPS-3: has the path of the actor in every line, and tells of crashes', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      stage.system.send(
        leaf,
        act((context) => context.log.info({}, 'hello')),
      );
      stage.system.send(leaf, crash());
      await stage.advance(0);
      expect(stage.log).toEqual(['/root/middle/leaf: hello', '/root/middle/leaf: crashed']);
    });

    it('R-OPS-3: is there for actors of a system to which none was given', async () => {
      stage.begin('without a log');
      const address = stage.root();
      stage.system.send(
        address,
        act((context) => {
          for (const level of ['debug', 'info', 'warn', 'error'] as const) context.log[level]({}, 'hello');
        }),
      );
      await stage.advance(0);
      expect(stage.system.inspect().crashes).toBe(0);
      expect(stage.log).toEqual([]);
    });

    it('R-OPS-3: may throw without harm', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      stage.log.push = () => {
        throw new Error('disk full');
      };
      stage.system.send(
        leaf,
        act((context) => context.log.info({}, 'hello')),
      );
      await stage.advance(0);
      expect(stage.viewOf(leaf)?.restarts).toBe(0);
      stage.system.send(leaf, crash());
      await stage.advance(20);
      expect(stage.viewOf(leaf)).toMatchObject({ life: 'running', restarts: 1 });
    });
  });
}
