// Stopping: bottom-up, once, and nothing afterwards.

import { describe, expect, it } from 'vitest';
import type { Address } from '#actors/kit';
import { act, crash, note, type Order, puppet, type Strings } from '../puppet.ts';
import type { Stage } from './stage.ts';

export function stopping(runner: string, stage: Stage): void {
  describe(`stopping on ${runner}`, () => {
    it('R-SUP-1: goes bottom-up, youngest first, and tells each actor once', async () => {
      const parent = stage.root();
      const middle = await stage.childOf(parent, 'middle');
      await stage.childOf(middle, 'leaf', 'leaf-1');
      const leaf = await stage.childOf(middle, 'leaf', 'leaf-2');
      stage.system.send(
        leaf,
        act((context) => void context.after(60_000, note('much later'))),
      );
      await stage.advance(0);
      stage.news();
      stage.system.send(
        parent,
        act((context) => context.stop(middle)),
      );
      stage.system.send(
        parent,
        act((context) => context.stop(middle)),
      );
      await stage.advance(0);
      expect(stage.news()).toEqual([
        'leaf-2 ends: asked',
        'leaf-1 ends: asked',
        'middle ends: asked',
        'root: middle stopped',
      ]);
      expect(stage.clock.pendingCount).toBe(0);
      stage.system.stop();
      stage.system.stop();
      expect(stage.news()).toEqual(['root ends: shutdown, noted middle stopped']);
    });

    it('R-SUP-1: of the system stops everything, and everything sent afterwards is dead', async () => {
      const parent = stage.root();
      const middle = await stage.childOf(parent, 'middle');
      const leaf = await stage.childOf(middle, 'leaf');
      const other = stage.root('guardian');
      stage.news();
      await stage.advance(0);
      stage.system.stop();
      expect(stage.news()).toEqual([
        'guardian starts',
        'guardian ends: shutdown',
        'leaf ends: shutdown',
        'middle ends: shutdown',
        'root ends: shutdown',
      ]);
      for (const address of [parent, middle, leaf, other]) expect(stage.system.send(address, note('x'))).toBe('dead');
      expect(stage.system.inspect()).toMatchObject({ life: 'stopped', roots: [], turnsPending: 0 });
      expect(() => stage.root()).toThrow('stopped');
      await stage.advance(100);
      expect(stage.news()).toEqual([]);
    });

    it('R-SUP-1: lets nothing be handled afterwards; what waited is counted as dead', async () => {
      const parent = stage.root();
      const leaf = await stage.childOf(await stage.childOf(parent, 'middle'), 'leaf');
      stage.news();
      for (let i = 0; i < 20; i++) stage.system.send(leaf, note(`${i}`));
      stage.system.stop();
      await stage.advance(10);
      expect(stage.news().filter((line) => line.startsWith('leaf'))).toEqual(['leaf ends: shutdown']);
      expect(stage.system.inspect().deadLetters).toEqual({ stopped: 20, full: 0, late: 0 });
    });

    it('R-SUP-1: inside a handler ends the child before the next line; no orphan keeps its name or its address', async () => {
      const parent = stage.root();
      const first = await stage.childOf(parent, 'middle');
      await stage.childOf(first, 'leaf');
      for (let i = 0; i < 5; i++) stage.system.send(first, note('for the first'));
      let second: Address<Order> | undefined;
      stage.news();
      stage.system.send(
        parent,
        act((context) => {
          context.stop(first);
          second = context.spawn(puppet('middle', stage.diary), 'middle', {});
        }),
      );
      await stage.advance(0);
      expect(stage.system.send(first, note('to the dead'))).toBe('dead');
      expect(stage.system.send(second!, note('to the living'))).toBe('queued');
      await stage.advance(0);
      const told = stage.news();
      expect(told.filter((line) => line.startsWith('leaf'))).toEqual(['leaf ends: asked']);
      expect(told.slice(-1)).toEqual(['middle: to the living']);
      expect(told).not.toContain('middle: to the dead');
    });

    it('R-SUP-1: of oneself or of the system waits for the end of the handler', async () => {
      const parent = stage.root();
      const middle = await stage.childOf(parent, 'middle');
      stage.news();
      const last = act((context) => {
        context.stopSelf();
        stage.diary.push('still here');
        context.send(context.self, note('never handled'));
      });
      stage.system.send(middle, last);
      await stage.advance(0);
      expect(stage.news()).toEqual(['still here', 'middle ends: asked', 'root: middle stopped']);
      const stopAll = act(() => {
        stage.system.stop();
        stage.diary.push('still here');
      });
      stage.system.send(parent, stopAll);
      await stage.advance(0);
      expect(stage.news()).toEqual(['still here', 'root ends: shutdown, noted middle stopped']);
    });

    it('R-SUP-1: does not stumble over a stopped() that throws, stops the system, or sends', async () => {
      const parent = stage.root();
      const middle = await stage.childOf(parent, 'middle');
      await stage.childOf(middle, 'leaf', 'leaf-1');
      const strings: Strings = {
        onStopped() {
          stage.system.stop();
          stage.system.send(parent, note('goodbye'));
          throw new Error('in stopped');
        },
      };
      const leaf = await stage.childOf(middle, 'leaf', 'leaf-2', strings);
      stage.news();
      stage.system.send(leaf, crash());
      await stage.advance(0);
      expect(stage.clock.pendingCount).toBe(0); // no restart is left to come
      expect(stage.news()).toEqual([
        'leaf-2 ends: restart',
        'leaf-1 ends: shutdown',
        'middle ends: shutdown',
        'root ends: shutdown',
      ]);
      expect(stage.system.inspect().life).toBe('stopped');
    });

    it('R-SUP-1: of another than a child is refused', async () => {
      const parent = stage.root();
      const leaf = await stage.childOf(await stage.childOf(parent, 'middle'), 'leaf');
      let seen: unknown;
      const handler = act((context) => {
        try {
          context.stop(leaf);
        } catch (error) {
          seen = error;
        }
      });
      stage.system.send(parent, handler);
      await stage.advance(0);
      expect(String(seen)).toContain('/root/middle/leaf is not a child of /root');
    });
  });
}
