import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, defineActor, defineTree, simulateActorSystem } from '#actors/kit';
import { VirtualClock } from '#src/ports';
import { conformance } from './conformance.ts';
import { act, crash, note, type Order, puppet, tree } from './puppet.ts';

conformance('virtual time', (options) => {
  const system = simulateActorSystem({ seed: 1, ...options });
  return { system, clock: system.clock, advance: (durationMs) => system.advance(durationMs) };
});

/** Three chatty siblings, each sent ten messages; the order in which they were handled. */
async function dayOf(seed: number): Promise<string[]> {
  const diary: string[] = [];
  const system = simulateActorSystem({ seed, tree });
  for (const kind of ['root', 'guardian', 'refusing'] as const) {
    const address = system.spawn(puppet(kind, diary), kind, {});
    const chat = (left: number): Order =>
      act((context) => {
        diary.push(`${kind} ${left} ${context.random.fraction()}`);
        if (left > 0) context.send(context.self, chat(left - 1));
      });
    system.send(address, chat(10));
  }
  await system.advance(10);
  system.stop();
  return diary;
}

describe('a simulation', () => {
  it('R-OPS-5: with the same seed handles the same messages in the same order, with the same draws', async () => {
    expect(await dayOf(7)).toEqual(await dayOf(7));
  });

  it('R-OPS-5: with other seeds lets other actors go first', async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 10; seed++) {
      const who = (await dayOf(seed))
        .filter((line) => !line.endsWith('ends: shutdown'))
        .map((line) => line.split(' ')[0]);
      expect(who.length).toBe(3 * (1 + 11));
      orders.add(who.join());
    }
    expect(orders.size).toBeGreaterThan(5);
  });

  it('R-OPS-5: does nothing before its clock moves, and handles a message before a later timer', async () => {
    const diary: string[] = [];
    const system = simulateActorSystem({ seed: 1, tree, clock: new VirtualClock(0) });
    const address = system.spawn(puppet('root', diary), 'root', {});
    const twice = act((context) => {
      context.after(10, note('after 10'));
      context.after(
        5,
        act(() => context.send(context.self, note('at 5'))),
      );
    });
    system.send(address, twice);
    expect(diary).toEqual([]);
    system.clock.advance(10); // in one step
    expect(diary).toEqual(['root starts', 'root: at 5', 'root: after 10']);
    system.stop();
  });

  it('R-OPS-5: throws what made its system fail, and notices actors that chase one another for ever', async () => {
    const system = simulateActorSystem({ seed: 1, tree });
    const address = system.spawn(puppet('guardian', []), 'guardian', {});
    system.send(address, crash('nobody above'));
    await expect(system.advance(1)).rejects.toThrow('nobody above');

    const chase = defineTree({
      runner: {
        under: 'process',
        onCrash: 'stop',
        rebuiltFrom: 'nothing',
        mailbox: { max: 1, whenFull: 'refuse' },
      },
    });
    const runner = defineActor<'run', null, null>({
      kind: 'runner',
      start: () => null,
      receive(_state, message, context) {
        context.send(context.self, message);
        return null;
      },
    });
    const other = simulateActorSystem({ seed: 1, tree: chase });
    other.send(other.spawn(runner, 'runner', null), 'run');
    await expect(other.advance(1)).rejects.toThrow('while no time passes');
  });
});

describe('any history of crashes and stops', () => {
  const target = fc.nat({ max: 30 });
  const step = fc.oneof(
    fc.record({
      do: fc.constant('spawn' as const),
      target,
      kind: fc.constantFrom('middle', 'leaf', 'loner', 'fragile', 'mortal'),
    }),
    fc.record({ do: fc.constantFrom('note' as const, 'throw' as const, 'stop-self' as const), target }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 30 }) }),
  );

  it('R-SUP-1: starts and ends each incarnation once, bottom-up, and counts every message', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, seed) => {
      const diary: string[] = [];
      let handled = 0;
      let dead = 0;
      let sent = 0;
      const running = new Set<string>();
      const known: Address<Order>[] = [];
      const system = simulateActorSystem({ seed, tree, onFailure: () => {} });
      system.onDeadLetter(() => dead++);
      // A failing expect() inside an actor would only be one more crash, so what is wrong is written down.
      const wrong: string[] = [];
      const check = (fine: boolean, what: string) => void (fine || wrong.push(what));
      /** A puppet that keeps count of its incarnations. */
      const counted = (kind: keyof typeof tree) => {
        const one = puppet(kind, diary);
        return {
          ...one,
          start(...[args, context]: Parameters<typeof one.start>) {
            const { path } = context;
            const above = path.slice(0, path.lastIndexOf('/'));
            check(!running.has(path), `${path} starts while it runs`);
            check(above === '' || running.has(above), `${path} starts without its parent`);
            running.add(path);
            return one.start(args, context);
          },
          receive(...[state, order, context]: Parameters<typeof one.receive>) {
            handled++;
            check(running.has(context.path), `${context.path} handles while it does not run`);
            return one.receive(state, order, context);
          },
          stopped(...[, context]: Parameters<NonNullable<typeof one.stopped>>) {
            const below = [...running].find((path) => path.startsWith(`${context.path}/`));
            check(below === undefined, `${context.path} ends before ${below}`);
            check(running.delete(context.path), `${context.path} ends while it does not run`);
          },
        };
      };
      known.push(system.spawn(counted('root'), 'root', {}));
      let serial = 0;
      for (const one of steps) {
        if (one.do === 'advance') {
          await system.advance(one.ms);
          continue;
        }
        const address = known[one.target % known.length]!;
        sent++;
        if (one.do === 'spawn') {
          const kind = one.kind as keyof typeof tree;
          const name = `${kind}-${serial++}`;
          // Under a parent that may not have it this is a crash, which is as good.
          const spawn = act((context) => void known.push(context.spawn(counted(kind), name, {})));
          system.send(address, spawn);
        } else if (one.do === 'note') system.send(address, note('x'));
        else if (one.do === 'throw') system.send(address, crash());
        else
          system.send(
            address,
            act((context) => context.stopSelf()),
          );
      }
      await system.advance(50);
      expect(handled + dead).toBe(sent);
      system.stop();
      expect({ wrong, running: [...running] }).toEqual({ wrong: [], running: [] });
      expect(system.clock.pendingCount).toBeLessThanOrEqual(1); // at most the engine's own wake-up
      await system.advance(100);
      expect(handled + dead).toBe(sent);
    });
    await fc.assert(property, { seed: 20, numRuns: process.env['TWINREEL_FULL'] ? 5_000 : 300 });
  });
});
