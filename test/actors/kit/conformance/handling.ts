// How an actor gets its messages, its timers and its results, and what it may be called.

import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '#actors/kit';
import { act, crash, note, puppet, type Strings } from '../puppet.ts';
import type { Stage } from './stage.ts';

export function handling(runner: string, stage: Stage): void {
  describe(`an actor on ${runner}`, () => {
    it('R-SUP-1: gets the messages of one sender in order, after its start', async () => {
      const address = stage.root();
      for (const text of ['a', 'b', 'c']) expect(stage.system.send(address, note(text))).toBe('queued');
      expect(stage.news()).toEqual([]);
      await stage.advance(0);
      expect(stage.news()).toEqual(['root starts', 'root: a', 'root: b', 'root: c']);
    });

    it('R-SUP-1: never has two handlers at once, not even when it sends to itself or crashes meanwhile', async () => {
      let depth = 0;
      let deepest = 0;
      let handled = 0;
      const handler = act((context) => {
        deepest = Math.max(deepest, ++depth);
        if (++handled < 20) context.send(context.self, handler);
        depth--;
        if (handled === 5) throw new Error('in the middle');
      });
      const parent = stage.root();
      const leaf = await stage.childOf(await stage.childOf(parent, 'middle'), 'leaf');
      for (let i = 0; i < 10; i++) stage.system.send(leaf, handler);
      await stage.advance(100);
      expect({ handled: handled >= 20, deepest }).toEqual({ handled: true, deepest: 1 });
    });

    it('R-SUP-1: crashes when a handler is asynchronous, and the rejection of that handler harms nobody', async () => {
      const address = stage.root();
      const strange = { ...puppet('ward', stage.diary), receive: async () => Promise.reject(new Error('too late')) };
      const guardian = stage.system.spawn(puppet('guardian', stage.diary), 'guardian', {});
      stage.system.send(
        guardian,
        act((context) => context.send(context.spawn(strange as never, 'strange', {}), note('x') as never)),
      );
      await stage.advance(0);
      expect(stage.viewOf('/guardian/strange')?.lastCrash?.text).toContain('handlers are synchronous');
      expect(stage.viewOf(address)?.life).toBe('running');
    });

    it('R-SUP-1: with 1,000 children is not given a copy of them for each message', async () => {
      const children = 1_000;
      const messages = 90;
      const parent = stage.root();
      const spawn = act((context) => {
        for (let child = 0; child < children; child++) context.spawn(puppet('middle', []), `${child}`, {});
      });
      stage.system.send(parent, spawn);
      await stage.advance(0);
      // Whoever copies 1,000 children makes an array, a set or a map of as many entries.
      const copies = countCopies(children);
      let counted: number;
      try {
        new Map(Array.from({ length: children }, (_, at) => [at, at]));
        expect(copies.count()).toBe(2); // the trap works
        for (let message = 0; message < messages; message++) stage.system.send(parent, note('x'));
        await stage.advance(0);
        counted = copies.count() - 2;
      } finally {
        copies.end();
      }
      expect(counted).toBe(0);
      expect(stage.news().filter((line) => line === 'root: x')).toHaveLength(messages);
    });

    it('R-SUP-1: gets the result of a promise as a message, and its failure as another', async () => {
      const address = stage.root();
      const handler = act((context) => {
        context.perform(Promise.resolve(7), (value) => note(`value ${value}`), String as never);
        context.perform(Promise.reject(new Error('no')), String as never, (error) => note(`failure ${error}`));
      });
      stage.system.send(address, handler);
      await stage.advance(1);
      expect(stage.news().sort()).toEqual(['root starts', 'root: failure Error: no', 'root: value 7']);
    });

    it('R-SUP-1: does not get the result of a promise of an earlier incarnation; it is a dead letter', async () => {
      const letters: DeadLetter[] = [];
      stage.system.onDeadLetter((letter) => letters.push(letter));
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      let resolve = (_value: string) => {};
      const promise = new Promise<string>((settle) => {
        resolve = settle;
      });
      stage.system.send(
        leaf,
        act((context) => context.perform(promise, note, () => note('failed'))),
      );
      stage.system.send(leaf, crash());
      await stage.advance(50);
      stage.news();
      resolve('an opened stream');
      await stage.advance(1);
      expect(stage.news()).toEqual([]);
      expect(letters).toEqual([{ to: '/root/middle/leaf', kind: 'leaf', reason: 'late', message: 'an opened stream' }]);
    });

    it('R-SUP-1: has timers that are messages, in order of their time', async () => {
      const address = stage.root();
      stage.system.send(
        address,
        act((context) => {
          for (const ms of [30, 10, 20]) context.after(ms, note(`${ms}`));
        }),
      );
      await stage.advance(15);
      expect(stage.news()).toEqual(['root starts', 'root: 10']);
      await stage.advance(20);
      expect(stage.news()).toEqual(['root: 20', 'root: 30']);
    });

    it('R-SUP-1: hears nothing of a cancelled timer, even when it was due already and its message waits', async () => {
      const address = stage.root();
      await stage.advance(0);
      stage.system.send(
        address,
        act((context) => {
          const timer = context.after(5, note('never'));
          context.send(
            context.self,
            act(() => {
              stage.clock.advance(6); // the timer fires while this handler runs: its message is in the mailbox now
              timer.cancel();
            }),
          );
        }),
      );
      await stage.advance(20);
      expect(stage.news()).toEqual(['root starts']);
    });

    it('R-SUP-1: loses its timers with its incarnation', async () => {
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      stage.system.send(
        leaf,
        act((context) => {
          context.after(15, note('of the first'));
          throw new Error('after that');
        }),
      );
      await stage.advance(100);
      expect(stage.news().slice(-2)).toEqual(['leaf ends: restart', 'leaf starts again (2)']);
    });

    it('R-SUP-1: may not wait for more timers and promises than its mailbox holds', async () => {
      const address = stage.root('refusing');
      let seen: unknown;
      const handler = act((context) => {
        for (let i = 0; i < 3; i++) context.after(10, note(`${i}`));
        try {
          context.after(10, note('one too many'));
        } catch (error) {
          seen = error;
        }
      });
      stage.system.send(address, handler);
      await stage.advance(20);
      expect(String(seen)).toContain('3 timers and promises');
      expect(stage.news()).toEqual(['refusing starts', 'refusing: 0', 'refusing: 1', 'refusing: 2']);
    });

    it('R-SUP-1: uses its hands only in its own handler; sending is always possible', async () => {
      const address = stage.root();
      let kept: Parameters<NonNullable<Strings['onStart']>>[0] | undefined;
      stage.system.send(
        address,
        act((context) => {
          kept = context;
        }),
      );
      await stage.advance(0);
      expect(() => kept?.after(1, note('x'))).toThrow('outside of its handler');
      expect(() => kept?.spawn(puppet('middle', stage.diary), 'm', {})).toThrow('outside of its handler');
      expect(() =>
        kept?.perform(
          Promise.resolve(),
          () => note('x'),
          () => note('y'),
        ),
      ).toThrow('outside of its handler');
      expect(() => kept?.stopSelf()).toThrow('outside of its handler');
      expect(() => kept?.stop(address)).toThrow('outside of its handler');
      expect(kept?.send(address, note('sent'))).toBe('queued');
      await stage.advance(0);
      expect(stage.news()).toContain('root: sent');
    });
  });
  describe(`names on ${runner}`, () => {
    it('R-SUP-1: are mandatory and unique among siblings; a collision crashes who caused it', async () => {
      const parent = stage.root();
      const spawn = (name: string) => act((context) => void context.spawn(puppet('middle', stage.diary), name, {}));
      const first = await stage.childOf(parent, 'middle', 'same');
      stage.system.send(
        parent,
        act((context) => {
          for (const name of ['', 'a b', 'a/b', 'x'.repeat(201)]) {
            expect(() => context.spawn(puppet('middle', stage.diary), name, {})).toThrow('actor name');
          }
          expect(() => context.spawn(puppet('middle', stage.diary), 'same', {})).toThrow('has a child "same" already');
        }),
      );
      stage.system.send(
        parent,
        act((context) => context.stop(first)),
      );
      stage.system.send(parent, spawn('same'));
      await stage.advance(0);
      expect(stage.system.inspect().crashes).toBe(0);
      expect(() => stage.root()).toThrow('has a root "root" already');
      stage.system.send(parent, spawn('same'));
      await stage.advance(0);
      expect(stage.system.inspect().crashes).toBe(1);
    });

    it('R-SUP-1: of 20,000 siblings, as a Call-ID writes them, do not collide', async () => {
      const parent = stage.root();
      stage.system.send(
        parent,
        act((context) => {
          for (let i = 0; i < 20_000; i++) context.spawn(puppet('middle', []), `${i}~<>%?#@[::1]:5060;`, {});
        }),
      );
      await stage.advance(0);
      expect(stage.viewOf(parent)?.children).toHaveLength(20_000);
    });

    it('R-SUP-1: an actor stands where the tree says, or nowhere', async () => {
      expect(() => stage.root('middle')).toThrow('"middle" belongs under "root", not "process"');
      expect(() => stage.system.spawn({ ...puppet('root', stage.diary), kind: 'stranger' }, 'x', {})).toThrow(
        '"stranger"',
      );
    });
  });
}

/** Counts maps that are made from so many entries, and arrays so long that are made by Array.from, until its end. */
function countCopies(entriesMin: number): { count(): number; end(): void } {
  const { Map: RealMap } = globalThis;
  const { from } = Array;
  let count = 0;
  globalThis.Map = class<Key, Value> extends RealMap<Key, Value> {
    constructor(entries?: Iterable<readonly [Key, Value]> | null) {
      super(entries);
      if (this.size >= entriesMin) count++;
    }
  } as MapConstructor;
  Array.from = ((...given: Parameters<typeof from>) => {
    const made = from(...given);
    if (made.length >= entriesMin) count++;
    return made;
  }) as typeof from;
  return {
    count: () => count,
    end() {
      globalThis.Map = RealMap;
      Array.from = from;
    },
  };
}
