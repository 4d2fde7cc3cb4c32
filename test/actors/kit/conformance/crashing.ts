// Crashes: restart, back-off, budget, escalation; and that none of them wedges an actor or ends the process.

import { describe, expect, it } from 'vitest';
import type { Address } from '#actors/kit';
import { act, crash, note, type Order, puppet, type Strings } from '../puppet.ts';
import type { Stage } from './stage.ts';

export function crashing(runner: string, stage: Stage): void {
  describe(`a crash on ${runner}`, () => {
    it('R-SUP-1: gives a new state to the same address, and keeps what waits in the mailbox', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      stage.news();
      for (const order of [note('a'), crash(), note('b')]) stage.system.send(leaf, order);
      await stage.advance(0);
      expect(stage.news()).toEqual(['leaf: a', 'leaf ends: restart, noted a']);
      expect(stage.viewOf(leaf)).toMatchObject({ life: 'restarting', mailbox: 1, restarts: 1 });
      expect(stage.system.send(leaf, note('c'))).toBe('queued');
      await stage.advance(10);
      expect(stage.news()).toEqual(['leaf starts again (2)', 'leaf: b', 'leaf: c']);
    });

    it('R-SUP-1: is followed by a back-off that grows to its bound, then by the crash of the parent', async () => {
      const middle = await stage.childOf(stage.root(), 'middle');
      const leaf = await stage.childOf(middle, 'leaf');
      const bystander = await stage.childOf(middle, 'leaf', 'bystander');
      stage.news();
      stage.system.send(leaf, crash());
      await stage.advance(9);
      expect(stage.news()).toEqual(['leaf ends: restart']);
      await stage.advance(1);
      expect(stage.news()).toEqual(['leaf starts again (2)']);
      stage.system.send(leaf, crash());
      await stage.advance(14); // 20 ms, cut to 15
      expect(stage.news()).toEqual(['leaf ends: restart']);
      await stage.advance(1);
      expect(stage.news()).toEqual(['leaf starts again (3)']);
      stage.system.send(leaf, crash('once too often'));
      await stage.advance(0);
      // The ends of its children are no news to who restarts.
      expect(stage.viewOf(middle)).toMatchObject({ life: 'restarting', mailbox: 0, children: [] });
      await stage.advance(10);
      expect(stage.news()).toEqual([
        'bystander ends: restart',
        'leaf ends: restart',
        'middle ends: restart',
        'middle starts again (2)',
      ]);
      expect(stage.viewOf(middle)).toMatchObject({
        restarts: 1,
        lastCrash: { path: '/root/middle/leaf', text: 'once too often' },
        children: [],
      });
      expect(stage.system.send(bystander, note('x'))).toBe('dead');
    });

    it('R-SUP-1: long after the last one does not count with it', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      for (let i = 0; i < 6; i++) {
        stage.system.send(leaf, crash());
        await stage.advance(1_000);
      }
      expect(stage.viewOf(leaf)).toMatchObject({ life: 'running', restarts: 6 });
    });

    it('R-SUP-1: in every start spends the budget and ends: time goes on meanwhile', async () => {
      let starts = 0;
      const strings: Strings = {
        onStart() {
          starts++;
          throw new Error('cannot start');
        },
      };
      const middle = await stage.childOf(stage.root('root'), 'middle', 'middle', {
        onStart: (context) => void context.spawn(puppet('leaf', stage.diary), 'leaf', strings),
      });
      await stage.advance(1_000);
      // The leaf starts 3 times in each of the 3 lives of the middle; then the root's policy, stop, holds.
      expect(starts).toBe(9);
      expect(stage.system.send(middle, note('x'))).toBe('dead');
      expect(stage.system.inspect()).toMatchObject({ life: 'running', roots: [] });
      expect(stage.news().filter((line) => line.startsWith('leaf ends'))).toEqual([]); // it never had begun
    });

    it('R-SUP-1: whose budget says so ends the actor alone; its parent is told and its siblings feel nothing', async () => {
      const middle = await stage.childOf(stage.root(), 'middle');
      const loner = await stage.childOf(middle, 'loner');
      const sibling = await stage.childOf(middle, 'leaf');
      for (let i = 0; i < 3; i++) {
        stage.system.send(loner, crash());
        await stage.advance(15);
      }
      expect(stage.news().slice(-2)).toEqual(['loner ends: crash', 'middle: loner crashed']);
      expect(stage.viewOf(sibling)).toMatchObject({ life: 'running', restarts: 0 });
      expect(stage.viewOf(middle)).toMatchObject({ restarts: 0 });
    });

    it('R-SUP-1: under the policy stop ends the actor and all below; nobody handles what waits', async () => {
      const parent = stage.root();
      const middle = await stage.childOf(parent, 'middle');
      const mortal = await stage.childOf(middle, 'mortal');
      stage.news();
      for (const order of [crash(), note('a'), note('b')]) stage.system.send(mortal, order);
      await stage.advance(100);
      expect(stage.news()).toEqual(['mortal ends: crash', 'middle: mortal crashed']);
      expect(stage.system.inspect().deadLetters.stopped).toBe(2);
    });

    it('R-SUP-1: that is escalated wedges nobody: parent and child handle messages afterwards', async () => {
      const middle = await stage.childOf(stage.root(), 'middle');
      const fragile = await stage.childOf(middle, 'fragile');
      stage.news();
      for (const order of [crash(), note('a')]) stage.system.send(fragile, order);
      stage.system.send(middle, note('b'));
      await stage.advance(50);
      expect(stage.news().filter((line) => line !== 'middle: b')).toEqual([
        'fragile ends: restart',
        expect.stringMatching(/^middle ends: restart/),
        'middle starts again (2)',
      ]);
      const next = await stage.childOf(middle, 'fragile');
      stage.system.send(next, note('c'));
      await stage.advance(0);
      expect(stage.news()).toEqual(['fragile starts', 'fragile: c']);
    });

    it('R-SUP-1: that goes past the top stops the system and says so once, whatever the listener throws', async () => {
      const guardian = stage.root('guardian');
      const ward = await stage.childOf(guardian, 'ward');
      stage.root();
      stage.news();
      stage.onFailure = (one) => {
        stage.failures.push(one);
        throw new Error('in onFailure');
      };
      for (let i = 0; i < 3; i++) {
        stage.system.send(ward, crash(`the ${i}th`));
        await stage.advance(15);
      }
      expect(stage.failures).toMatchObject([{ path: '/guardian/ward', kind: 'ward', error: new Error('the 2th') }]);
      expect(stage.system.inspect()).toMatchObject({ life: 'failed', roots: [], crashes: 4 });
      expect(stage.news().slice(-3)).toEqual(['root ends: shutdown', 'ward ends: shutdown', 'guardian ends: shutdown']);
    });

    it('R-SUP-1: in what makes a message of a result is a crash of the actor, not of the process', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      const refuse = () => {
        throw new Error('in toMessage');
      };
      stage.system.send(
        leaf,
        act((context) => context.perform(Promise.resolve(1), refuse, refuse)),
      );
      await stage.advance(50);
      expect(stage.viewOf(leaf)).toMatchObject({ restarts: 1, lastCrash: { text: 'in toMessage' } });
    });

    it("R-SUP-1: in what makes a message of a child's end is a crash of the parent, and the child has ended once", async () => {
      const parent = stage.root();
      const middle = await stage.childOf(parent, 'middle');
      const whenStopped = () => {
        throw new Error('in whenStopped');
      };
      const spawn = act((context) => void context.spawn(puppet('mortal', stage.diary), 'mortal', {}, { whenStopped }));
      stage.system.send(middle, spawn);
      await stage.advance(0);
      stage.news();
      stage.system.send(
        middle,
        act((context) => context.stopSelf()),
      );
      await stage.advance(0);
      expect(stage.news().filter((line) => line.startsWith('mortal'))).toEqual(['mortal ends: asked']);
      const next = await stage.childOf(parent, 'middle', 'next');
      let mortal: Address<Order> | undefined;
      stage.system.send(
        next,
        act((context) => {
          mortal = context.spawn(puppet('mortal', stage.diary), 'mortal', {}, { whenStopped });
        }),
      );
      await stage.advance(0);
      stage.system.send(mortal!, crash());
      await stage.advance(50);
      expect(stage.viewOf(next)).toMatchObject({ restarts: 1, lastCrash: { text: 'in whenStopped' } });
      expect(stage.news().filter((line) => line === 'mortal ends: crash')).toHaveLength(1);
      stage.system.send(next, note('goes on'));
      await stage.advance(0);
      expect(stage.news()).toContain('next: goes on');
    });

    it('R-SUP-1: while it stops itself does not bring it back', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      const handler = act((context) => {
        context.stopSelf();
        throw new Error('and then');
      });
      stage.system.send(leaf, handler);
      await stage.advance(50);
      expect(stage.news().slice(-2)).toEqual(['leaf ends: crash', 'middle: leaf crashed']);
    });
  });
}
