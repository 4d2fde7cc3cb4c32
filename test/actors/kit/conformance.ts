// What every runner of actors must do, told once and run on each. Most of it are the defects of bare nact 7.6.2 that the
// kit must not have.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActorSystem, ActorView, Address, Crash, DeadLetter, SupervisionTree, SystemView } from '#actors/kit';
import { codeOf } from '#src/errors';
import type { VirtualClock } from '#src/ports';
import { act, crash, note, type Order, puppet, type Strings, tree } from './puppet.ts';

/** A runner under test, on virtual time. */
export interface Run {
  readonly system: ActorSystem;
  readonly clock: VirtualClock;
  /** Moves time; everything that is due or waits is handled before it resolves. */
  advance(durationMs: number): Promise<void>;
}

export type Runner = (options: { readonly tree: SupervisionTree; readonly onFailure: (crash: Crash) => void }) => Run;

export function conformance(runner: string, start: Runner): void {
  let system: ActorSystem;
  let clock: VirtualClock;
  let advance: Run['advance'];
  let diary: string[];
  let failures: Crash[];
  let onFailure: (crash: Crash) => void;

  beforeEach(() => {
    diary = [];
    failures = [];
    onFailure = (crash) => failures.push(crash);
    ({ system, clock, advance } = start({ tree, onFailure: (crash) => onFailure(crash) }));
  });
  afterEach(() => system.stop());

  type Kind = keyof typeof tree;
  const root = (kind: Kind = 'root', strings: Strings = {}) => system.spawn(puppet(kind, diary), kind, strings);

  /** Has `parent` spawn a child, and gives its address. */
  async function childOf(parent: Address<Order>, kind: Kind, name: string = kind, strings: Strings = {}) {
    let child: Address<Order> | undefined;
    const spawn = act((context) => {
      child = context.spawn(puppet(kind, diary), name, strings, {
        whenStopped: (end) => note(`${end.name} ${end.end}`),
      });
    });
    expect(system.send(parent, spawn)).toBe('queued');
    await advance(0);
    if (!child) throw new Error(`${name} was not spawned`);
    return child;
  }

  /** Tells the diary since the last call. */
  const news = () => diary.splice(0);
  const viewOf = (address: Address<never>) => find(system.inspect(), address.path);

  describe(`an actor on ${runner}`, () => {
    it('R-SUP-1: gets the messages of one sender in order, after its start', async () => {
      const address = root();
      for (const text of ['a', 'b', 'c']) expect(system.send(address, note(text))).toBe('queued');
      expect(news()).toEqual([]);
      await advance(0);
      expect(news()).toEqual(['root starts', 'root: a', 'root: b', 'root: c']);
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
      const parent = root();
      const leaf = await childOf(await childOf(parent, 'middle'), 'leaf');
      for (let i = 0; i < 10; i++) system.send(leaf, handler);
      await advance(100);
      expect({ handled: handled >= 20, deepest }).toEqual({ handled: true, deepest: 1 });
    });

    it('R-SUP-1: crashes when a handler is asynchronous, and the rejection of that handler harms nobody', async () => {
      const address = root();
      const strange = { ...puppet('ward', diary), receive: async () => Promise.reject(new Error('too late')) };
      const guardian = system.spawn(puppet('guardian', diary), 'guardian', {});
      system.send(
        guardian,
        act((context) => context.send(context.spawn(strange as never, 'strange', {}), note('x') as never)),
      );
      await advance(0);
      expect(find(system.inspect(), '/guardian/strange')?.lastCrash?.text).toContain('handlers are synchronous');
      expect(viewOf(address)?.life).toBe('running');
    });

    it('R-SUP-1: gets the result of a promise as a message, and its failure as another', async () => {
      const address = root();
      const handler = act((context) => {
        context.perform(Promise.resolve(7), (value) => note(`value ${value}`), String as never);
        context.perform(Promise.reject(new Error('no')), String as never, (error) => note(`failure ${error}`));
      });
      system.send(address, handler);
      await advance(1);
      expect(news().sort()).toEqual(['root starts', 'root: failure Error: no', 'root: value 7']);
    });

    it('R-SUP-1: does not get the result of a promise of an earlier incarnation; it is a dead letter', async () => {
      const letters: DeadLetter[] = [];
      system.onDeadLetter((letter) => letters.push(letter));
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      let resolve = (_value: string) => {};
      const promise = new Promise<string>((settle) => {
        resolve = settle;
      });
      system.send(
        leaf,
        act((context) => context.perform(promise, note, () => note('failed'))),
      );
      system.send(leaf, crash());
      await advance(50);
      news();
      resolve('an opened stream');
      await advance(1);
      expect(news()).toEqual([]);
      expect(letters).toEqual([{ to: '/root/middle/leaf', kind: 'leaf', reason: 'late', message: 'an opened stream' }]);
    });

    it('R-SUP-1: has timers that are messages, in order of their time', async () => {
      const address = root();
      system.send(
        address,
        act((context) => {
          for (const ms of [30, 10, 20]) context.after(ms, note(`${ms}`));
        }),
      );
      await advance(15);
      expect(news()).toEqual(['root starts', 'root: 10']);
      await advance(20);
      expect(news()).toEqual(['root: 20', 'root: 30']);
    });

    it('R-SUP-1: hears nothing of a cancelled timer, even when it was due already and its message waits', async () => {
      const address = root();
      await advance(0);
      system.send(
        address,
        act((context) => {
          const timer = context.after(5, note('never'));
          context.send(
            context.self,
            act(() => {
              clock.advance(6); // the timer fires while this handler runs: its message is in the mailbox now
              timer.cancel();
            }),
          );
        }),
      );
      await advance(20);
      expect(news()).toEqual(['root starts']);
    });

    it('R-SUP-1: loses its timers with its incarnation', async () => {
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      system.send(
        leaf,
        act((context) => {
          context.after(15, note('of the first'));
          throw new Error('after that');
        }),
      );
      await advance(100);
      expect(news().slice(-2)).toEqual(['leaf ends: restart', 'leaf starts again (2)']);
    });

    it('R-SUP-1: may not wait for more timers and promises than its mailbox holds', async () => {
      const address = root('refusing');
      let seen: unknown;
      const handler = act((context) => {
        for (let i = 0; i < 3; i++) context.after(10, note(`${i}`));
        try {
          context.after(10, note('one too many'));
        } catch (error) {
          seen = error;
        }
      });
      system.send(address, handler);
      await advance(20);
      expect(String(seen)).toContain('3 timers and promises');
      expect(news()).toEqual(['refusing starts', 'refusing: 0', 'refusing: 1', 'refusing: 2']);
    });

    it('R-SUP-1: uses its hands only in its own handler; sending is always possible', async () => {
      const address = root();
      let kept: Parameters<NonNullable<Strings['onStart']>>[0] | undefined;
      system.send(
        address,
        act((context) => {
          kept = context;
        }),
      );
      await advance(0);
      expect(() => kept?.after(1, note('x'))).toThrow('outside of its handler');
      expect(() => kept?.spawn(puppet('middle', diary), 'm', {})).toThrow('outside of its handler');
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
      await advance(0);
      expect(news()).toContain('root: sent');
    });
  });

  describe(`names on ${runner}`, () => {
    it('R-SUP-1: are mandatory and unique among siblings; a collision crashes who caused it', async () => {
      const parent = root();
      const spawn = (name: string) => act((context) => void context.spawn(puppet('middle', diary), name, {}));
      const first = await childOf(parent, 'middle', 'same');
      system.send(
        parent,
        act((context) => {
          for (const name of ['', 'a b', 'a/b', 'x'.repeat(201)]) {
            expect(() => context.spawn(puppet('middle', diary), name, {})).toThrow('actor name');
          }
          expect(() => context.spawn(puppet('middle', diary), 'same', {})).toThrow('has a child "same" already');
        }),
      );
      system.send(
        parent,
        act((context) => context.stop(first)),
      );
      system.send(parent, spawn('same'));
      await advance(0);
      expect(system.inspect().crashes).toBe(0);
      expect(() => root()).toThrow('has a root "root" already');
      system.send(parent, spawn('same'));
      await advance(0);
      expect(system.inspect().crashes).toBe(1);
    });

    it('R-SUP-1: of 20,000 siblings, as a Call-ID writes them, do not collide', async () => {
      const parent = root();
      system.send(
        parent,
        act((context) => {
          for (let i = 0; i < 20_000; i++) context.spawn(puppet('middle', []), `${i}~<>%?#@[::1]:5060;`, {});
        }),
      );
      await advance(0);
      expect(viewOf(parent)?.children).toHaveLength(20_000);
    });

    it('R-SUP-1: an actor stands where the tree says, or nowhere', async () => {
      expect(() => root('middle')).toThrow('"middle" belongs under "root", not "process"');
      expect(() => system.spawn({ ...puppet('root', diary), kind: 'stranger' }, 'x', {})).toThrow('"stranger"');
    });
  });

  describe(`stopping on ${runner}`, () => {
    it('R-SUP-1: goes bottom-up, youngest first, and tells each actor once', async () => {
      const parent = root();
      const middle = await childOf(parent, 'middle');
      await childOf(middle, 'leaf', 'leaf-1');
      await childOf(middle, 'leaf', 'leaf-2');
      news();
      system.send(
        parent,
        act((context) => context.stop(middle)),
      );
      system.send(
        parent,
        act((context) => context.stop(middle)),
      );
      await advance(0);
      expect(news()).toEqual([
        'leaf-2 ends: asked',
        'leaf-1 ends: asked',
        'middle ends: asked',
        'root: middle stopped',
      ]);
      system.stop();
      system.stop();
      expect(news()).toEqual(['root ends: shutdown, noted middle stopped']);
    });

    it('R-SUP-1: of the system stops everything, and everything sent afterwards is dead', async () => {
      const parent = root();
      const middle = await childOf(parent, 'middle');
      const leaf = await childOf(middle, 'leaf');
      const other = root('guardian');
      news();
      await advance(0);
      system.stop();
      expect(news()).toEqual([
        'guardian starts',
        'guardian ends: shutdown',
        'leaf ends: shutdown',
        'middle ends: shutdown',
        'root ends: shutdown',
      ]);
      for (const address of [parent, middle, leaf, other]) expect(system.send(address, note('x'))).toBe('dead');
      expect(system.inspect()).toMatchObject({ life: 'stopped', roots: [], turnsPending: 0 });
      expect(() => root()).toThrow('stopped');
      await advance(100);
      expect(news()).toEqual([]);
    });

    it('R-SUP-1: lets nothing be handled afterwards; what waited is counted as dead', async () => {
      const parent = root();
      const leaf = await childOf(await childOf(parent, 'middle'), 'leaf');
      news();
      for (let i = 0; i < 20; i++) system.send(leaf, note(`${i}`));
      system.stop();
      await advance(10);
      expect(news().filter((line) => line.startsWith('leaf'))).toEqual(['leaf ends: shutdown']);
      expect(system.inspect().deadLetters).toEqual({ stopped: 20, full: 0, late: 0 });
    });

    it('R-SUP-1: inside a handler ends the child before the next line; no orphan keeps its name or its address', async () => {
      const parent = root();
      const first = await childOf(parent, 'middle');
      await childOf(first, 'leaf');
      for (let i = 0; i < 5; i++) system.send(first, note('for the first'));
      let second: Address<Order> | undefined;
      news();
      system.send(
        parent,
        act((context) => {
          context.stop(first);
          second = context.spawn(puppet('middle', diary), 'middle', {});
        }),
      );
      await advance(0);
      expect(system.send(first, note('to the dead'))).toBe('dead');
      expect(system.send(second!, note('to the living'))).toBe('queued');
      await advance(0);
      const told = news();
      expect(told.filter((line) => line.startsWith('leaf'))).toEqual(['leaf ends: asked']);
      expect(told.slice(-1)).toEqual(['middle: to the living']);
      expect(told).not.toContain('middle: to the dead');
    });

    it('R-SUP-1: of oneself or of the system waits for the end of the handler', async () => {
      const parent = root();
      const middle = await childOf(parent, 'middle');
      news();
      const last = act((context) => {
        context.stopSelf();
        diary.push('still here');
        context.send(context.self, note('never handled'));
      });
      system.send(middle, last);
      await advance(0);
      expect(news()).toEqual(['still here', 'middle ends: asked', 'root: middle stopped']);
      const stopAll = act(() => {
        system.stop();
        diary.push('still here');
      });
      system.send(parent, stopAll);
      await advance(0);
      expect(news()).toEqual(['still here', 'root ends: shutdown, noted middle stopped']);
    });

    it('R-SUP-1: does not stumble over a stopped() that throws, stops the system, or sends', async () => {
      const parent = root();
      const middle = await childOf(parent, 'middle');
      await childOf(middle, 'leaf', 'leaf-1');
      const strings: Strings = {
        onStopped() {
          system.stop();
          system.send(parent, note('goodbye'));
          throw new Error('in stopped');
        },
      };
      const leaf = await childOf(middle, 'leaf', 'leaf-2', strings);
      news();
      system.send(leaf, crash());
      await advance(100);
      expect(news()).toEqual([
        'leaf-2 ends: restart',
        'leaf-1 ends: shutdown',
        'middle ends: shutdown',
        'root ends: shutdown',
      ]);
      expect(system.inspect().life).toBe('stopped');
    });

    it('R-SUP-1: of another than a child is refused', async () => {
      const parent = root();
      const leaf = await childOf(await childOf(parent, 'middle'), 'leaf');
      let seen: unknown;
      const handler = act((context) => {
        try {
          context.stop(leaf);
        } catch (error) {
          seen = error;
        }
      });
      system.send(parent, handler);
      await advance(0);
      expect(String(seen)).toContain('/root/middle/leaf is not a child of /root');
    });
  });

  describe(`a crash on ${runner}`, () => {
    it('R-SUP-1: gives a new state to the same address, and keeps what waits in the mailbox', async () => {
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      news();
      for (const order of [note('a'), crash(), note('b')]) system.send(leaf, order);
      await advance(0);
      expect(news()).toEqual(['leaf: a', 'leaf ends: restart, noted a']);
      expect(viewOf(leaf)).toMatchObject({ life: 'restarting', mailbox: 1, restarts: 1 });
      expect(system.send(leaf, note('c'))).toBe('queued');
      await advance(10);
      expect(news()).toEqual(['leaf starts again (2)', 'leaf: b', 'leaf: c']);
    });

    it('R-SUP-1: is followed by a back-off that grows to its bound, then by the crash of the parent', async () => {
      const middle = await childOf(root(), 'middle');
      const leaf = await childOf(middle, 'leaf');
      const bystander = await childOf(middle, 'leaf', 'bystander');
      news();
      system.send(leaf, crash());
      await advance(9);
      expect(news()).toEqual(['leaf ends: restart']);
      await advance(1);
      expect(news()).toEqual(['leaf starts again (2)']);
      system.send(leaf, crash());
      await advance(14); // 20 ms, cut to 15
      expect(news()).toEqual(['leaf ends: restart']);
      await advance(1);
      expect(news()).toEqual(['leaf starts again (3)']);
      system.send(leaf, crash('once too often'));
      await advance(10);
      expect(news()).toEqual([
        'bystander ends: restart',
        'leaf ends: restart',
        'middle ends: restart',
        'middle starts again (2)',
      ]);
      expect(viewOf(middle)).toMatchObject({
        restarts: 1,
        lastCrash: { path: '/root/middle/leaf', text: 'once too often' },
        children: [],
      });
      expect(system.send(bystander, note('x'))).toBe('dead');
    });

    it('R-SUP-1: long after the last one does not count with it', async () => {
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      for (let i = 0; i < 6; i++) {
        system.send(leaf, crash());
        await advance(1_000);
      }
      expect(viewOf(leaf)).toMatchObject({ life: 'running', restarts: 6 });
    });

    it('R-SUP-1: in every start spends the budget and ends: time goes on meanwhile', async () => {
      let starts = 0;
      const strings: Strings = {
        onStart() {
          starts++;
          throw new Error('cannot start');
        },
      };
      const middle = await childOf(root('root'), 'middle', 'middle', {
        onStart: (context) => void context.spawn(puppet('leaf', diary), 'leaf', strings),
      });
      await advance(1_000);
      // The leaf starts 3 times in each of the 3 lives of the middle; then the root's policy, stop, holds.
      expect(starts).toBe(9);
      expect(system.send(middle, note('x'))).toBe('dead');
      expect(system.inspect()).toMatchObject({ life: 'running', roots: [] });
      expect(news().filter((line) => line.startsWith('leaf ends'))).toEqual([]); // it never had begun
    });

    it('R-SUP-1: whose budget says so ends the actor alone; its parent is told and its siblings feel nothing', async () => {
      const middle = await childOf(root(), 'middle');
      const loner = await childOf(middle, 'loner');
      const sibling = await childOf(middle, 'leaf');
      for (let i = 0; i < 3; i++) {
        system.send(loner, crash());
        await advance(15);
      }
      expect(news().slice(-2)).toEqual(['loner ends: crash', 'middle: loner crashed']);
      expect(viewOf(sibling)).toMatchObject({ life: 'running', restarts: 0 });
      expect(viewOf(middle)).toMatchObject({ restarts: 0 });
    });

    it('R-SUP-1: under the policy stop ends the actor and all below; nobody handles what waits', async () => {
      const parent = root();
      const middle = await childOf(parent, 'middle');
      const mortal = await childOf(middle, 'mortal');
      news();
      for (const order of [crash(), note('a'), note('b')]) system.send(mortal, order);
      await advance(100);
      expect(news()).toEqual(['mortal ends: crash', 'middle: mortal crashed']);
      expect(system.inspect().deadLetters.stopped).toBe(2);
    });

    it('R-SUP-1: that is escalated wedges nobody: parent and child handle messages afterwards', async () => {
      const middle = await childOf(root(), 'middle');
      const fragile = await childOf(middle, 'fragile');
      news();
      for (const order of [crash(), note('a')]) system.send(fragile, order);
      system.send(middle, note('b'));
      await advance(50);
      expect(news().filter((line) => line !== 'middle: b')).toEqual([
        'fragile ends: restart',
        expect.stringMatching(/^middle ends: restart/),
        'middle starts again (2)',
      ]);
      const next = await childOf(middle, 'fragile');
      system.send(next, note('c'));
      await advance(0);
      expect(news()).toEqual(['fragile starts', 'fragile: c']);
    });

    it('R-SUP-1: that goes past the top stops the system and says so once, whatever the listener throws', async () => {
      const guardian = root('guardian');
      const ward = await childOf(guardian, 'ward');
      root();
      news();
      onFailure = (one) => {
        failures.push(one);
        throw new Error('in onFailure');
      };
      for (let i = 0; i < 3; i++) {
        system.send(ward, crash(`the ${i}th`));
        await advance(15);
      }
      expect(failures).toMatchObject([{ path: '/guardian/ward', kind: 'ward', error: new Error('the 2th') }]);
      expect(system.inspect()).toMatchObject({ life: 'failed', roots: [], crashes: 4 });
      expect(news().slice(-3)).toEqual(['root ends: shutdown', 'ward ends: shutdown', 'guardian ends: shutdown']);
    });

    it('R-SUP-1: in what makes a message of a result is a crash of the actor, not of the process', async () => {
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      const refuse = () => {
        throw new Error('in toMessage');
      };
      system.send(
        leaf,
        act((context) => context.perform(Promise.resolve(1), refuse, refuse)),
      );
      await advance(50);
      expect(viewOf(leaf)).toMatchObject({ restarts: 1, lastCrash: { text: 'in toMessage' } });
    });

    it('R-SUP-1: while it stops itself does not bring it back', async () => {
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      const handler = act((context) => {
        context.stopSelf();
        throw new Error('and then');
      });
      system.send(leaf, handler);
      await advance(50);
      expect(news().slice(-2)).toEqual(['leaf ends: crash', 'middle: leaf crashed']);
    });
  });

  describe(`a full mailbox on ${runner}`, () => {
    const five = ['1', '2', '3', '4', '5'];

    it('R-SUP-1: refuses and tells the sender', async () => {
      const address = root('refusing');
      expect(five.map((text) => system.send(address, note(text)))).toEqual([
        'queued',
        'queued',
        'queued',
        'refused',
        'refused',
      ]);
      await advance(0);
      expect(news()).toEqual(['refusing starts', 'refusing: 1', 'refusing: 2', 'refusing: 3']);
      expect(viewOf(address)).toMatchObject({ refused: 2, deadLetters: 0 });
    });

    it('R-SUP-1: drops the newest, or the oldest, as its kind says, and counts it', async () => {
      const newest = root('newest');
      const oldest = root('oldest');
      const letters: string[] = [];
      system.onDeadLetter(({ to, reason, message }) =>
        letters.push(`${to} ${reason} ${(message as { text: string }).text}`),
      );
      expect(five.map((text) => system.send(newest, note(text))).slice(3)).toEqual(['dropped', 'dropped']);
      expect(five.map((text) => system.send(oldest, note(text))).slice(3)).toEqual(['queued', 'queued']);
      await advance(0);
      const told = news();
      expect(told.filter((line) => line.startsWith('newest:'))).toEqual(['newest: 1', 'newest: 2', 'newest: 3']);
      expect(told.filter((line) => line.startsWith('oldest:'))).toEqual(['oldest: 3', 'oldest: 4', 'oldest: 5']);
      expect(letters).toEqual(['/newest full 4', '/newest full 5', '/oldest full 1', '/oldest full 2']);
      expect(system.inspect().deadLetters).toEqual({ stopped: 0, full: 4, late: 0 });
    });

    it('R-SUP-1: still takes the timers of its own actor', async () => {
      const address = root('refusing');
      system.send(
        address,
        act((context) => void context.after(5, note('timer'))),
      );
      await advance(0);
      for (const text of five) system.send(address, note(text));
      clock.advance(5);
      await advance(0);
      expect(news()).toContain('refusing: timer');
    });
  });

  describe(`dead letters on ${runner}`, () => {
    it('R-SUP-1: are counted and told, until one stops listening; a listener that throws harms nobody', async () => {
      const address = root();
      await advance(0);
      system.stop();
      const letters: DeadLetter[] = [];
      system.onDeadLetter(() => {
        throw new Error('in the listener');
      });
      const end = system.onDeadLetter((letter) => letters.push(letter));
      expect(system.send(address, note('a'))).toBe('dead');
      end();
      expect(system.send(address, note('b'))).toBe('dead');
      expect(letters).toEqual([{ to: '/root', kind: 'root', reason: 'stopped', message: note('a') }]);
      expect(system.inspect().deadLetters.stopped).toBe(2);
    });
  });

  describe(`asking on ${runner}`, () => {
    const question =
      (what?: (reply: { answer(text: string): void; refuse(error: Error): void }) => void) =>
      (reply: { answer(text: string): void; refuse(error: Error): void }): Order => ({
        type: 'question',
        reply,
        ...(what && { what }),
      });
    /** The end of a promise as text. */
    const endOf = (promise: Promise<string>) =>
      promise.then(
        (value) => value,
        (error: unknown) => codeOf(error) ?? String(error),
      );

    it('R-SUP-1: gets the answer, the first one only', async () => {
      const address = root();
      system.send(address, note('a'));
      const answer = endOf(system.ask(address, question(), 100));
      const twice = endOf(
        system.ask(
          address,
          question((reply) => {
            reply.answer('first');
            reply.answer('second');
            reply.refuse(new Error('third'));
          }),
          100,
        ),
      );
      await advance(0);
      expect([await answer, await twice]).toEqual(['noted a', 'first']);
      await advance(200);
      expect(clock.pendingCount).toBe(0);
    });

    it('R-SUP-1: gets the refusal as it is, and a time-out when nothing comes', async () => {
      const address = root();
      const refused = endOf(
        system.ask(
          address,
          question((reply) => reply.refuse(new Error('not today'))),
          100,
        ),
      );
      const silent = endOf(
        system.ask(
          address,
          question(() => {}),
          100,
        ),
      );
      await advance(100);
      expect([await refused, await silent]).toEqual(['Error: not today', 'actor-ask-timed-out']);
    });

    it('R-SUP-1: fails at once when the actor is stopped, crashes, ends with the question open, or is full', async () => {
      const dead = root();
      system.stop();
      expect(await endOf(system.ask(dead, question(), 1_000))).toBe('actor-unavailable');

      ({ system, clock, advance } = start({ tree, onFailure: () => {} }));
      const leaf = await childOf(await childOf(root(), 'middle'), 'leaf');
      const crashed = endOf(
        system.ask(
          leaf,
          question(() => {
            throw new Error('while asked');
          }),
          1_000,
        ),
      );
      await advance(0);
      expect(await crashed).toBe('actor-unavailable');
      await advance(20);

      const open = endOf(
        system.ask(
          leaf,
          question(() => {}),
          1_000,
        ),
      );
      system.send(
        leaf,
        act((context) => context.stopSelf()),
      );
      await advance(0);
      expect(await open).toBe('actor-unavailable');

      const full = root('refusing');
      for (const text of ['1', '2', '3']) system.send(full, note(text));
      expect(await endOf(system.ask(full, question(), 1_000))).toBe('actor-unavailable');
    });

    it('R-SUP-1: from an actor brings the answer as a message', async () => {
      const address = root();
      const other = root('guardian');
      system.send(
        other,
        act((context) => context.perform(context.ask(address, question(), 100), note, (error) => note(String(error)))),
      );
      await advance(1);
      expect(news()).toContain('guardian: noted ');
    });
  });

  describe(`inspect() on ${runner}`, () => {
    it('R-OPS-1: shows the live tree with phase, mailbox, restarts, last crash and dead letters', async () => {
      const middle = await childOf(root(), 'middle');
      const leaf = await childOf(middle, 'leaf');
      system.send(leaf, crash('a leaf broke'));
      await advance(20);
      system.send(middle, note('x'));
      await advance(0);
      system.send(leaf, note('waits'));
      expect(system.inspect()).toEqual({
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
        ...puppet('root', diary),
        describe() {
          throw new Error('no words');
        },
      };
      const address = system.spawn(broken, 'root', {});
      expect(viewOf(address)).toMatchObject({ life: 'starting' });
      await advance(0);
      expect(viewOf(address)).toMatchObject({ life: 'running', phase: 'describe threw: no words' });
    });
  });
}

function find(view: SystemView, path: string): ActorView | undefined {
  const within = (actors: readonly ActorView[]): ActorView | undefined => {
    for (const actor of actors) {
      const found = actor.path === path ? actor : within(actor.children);
      if (found) return found;
    }
    return undefined;
  };
  return within(view.roots);
}
