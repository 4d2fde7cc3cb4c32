import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { defineActor, defineTree, startActorSystem } from '#actors/kit';
import { seededRandom, VirtualClock } from '#src/ports';
import { conformance } from './conformance.ts';

// nact runs on the real event loop; only the kit's clock is virtual, so that no test waits.
conformance('nact', (options) => {
  const clock = new VirtualClock();
  const system = startActorSystem({ name: 'conformance', clock, random: seededRandom(1), ...options });
  const settle = async () => {
    do await nextTurn();
    while (system.inspect().turnsPending > 0);
  };
  const advance = async (durationMs: number) => {
    await settle();
    for (let passedMs = 0; passedMs < durationMs; passedMs++) {
      clock.advance(1);
      await settle();
    }
  };
  return { system, clock, advance };
});

it('R-SUP-1: the children of an actor are not copied for its messages', async () => {
  const mailbox = { max: 10_000, whenFull: 'refuse' } as const;
  const tree = defineTree({
    parent: { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox },
    child: { under: 'parent', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox },
  });
  const child = defineActor<'x', number, null>({ kind: 'child', start: () => 0, receive: (count) => count + 1 });
  const parent = defineActor<'x', number, null>({
    kind: 'parent',
    start(_args, context) {
      for (let i = 0; i < 1_000; i++) context.spawn(child, `child-${i}`, null);
      return 0;
    },
    receive: (count) => count + 1,
    describe: (count) => ({ phase: 'counting', summary: { count } }),
  });
  const options = { name: 'copies', tree, clock: new VirtualClock(), random: seededRandom(1) };
  const system = startActorSystem({ ...options, onFailure: () => {} });
  const address = system.spawn(parent, 'parent', null);
  const settle = async () => {
    do await nextTurn();
    while (system.inspect().turnsPending > 0);
  };
  await settle();

  // Whoever copies a map of 1,000 children makes a Map from something that has 1,000 entries.
  const RealMap = globalThis.Map;
  let copies = 0;
  globalThis.Map = class<Key, Value> extends RealMap<Key, Value> {
    constructor(entries?: Iterable<readonly [Key, Value]> | null) {
      super(entries);
      if (this.size >= 1_000) copies++;
    }
  } as MapConstructor;
  try {
    new Map(Array.from({ length: 1_000 }, (_, at) => [at, at]));
    expect(copies).toBe(1); // the trap works
    for (let i = 0; i < 500; i++) system.send(address, 'x');
    await settle();
  } finally {
    globalThis.Map = RealMap;
  }
  expect(system.inspect().roots[0]?.summary).toEqual({ count: 500 });
  expect(copies).toBe(1);
  system.stop();
});

it('R-SUP-1: an actor handles several messages in a turn of the event loop, and others have their turn in between', async () => {
  const mailbox = { max: 10_000, whenFull: 'refuse' } as const;
  const tree = defineTree({ counter: { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox } });
  const heard: string[] = [];
  const counter = defineActor<'x', string, string>({
    kind: 'counter',
    start: (name) => name,
    receive(name) {
      heard.push(name);
      return name;
    },
  });
  const options = { name: 'turns', tree, clock: new VirtualClock(), random: seededRandom(1) };
  const system = startActorSystem({ ...options, onFailure: () => {} });
  const [a, b] = ['a', 'b'].map((name) => system.spawn(counter, name, name));
  await nextTurn();
  for (let count = 0; count < 160; count += 1) for (const address of [a!, b!]) system.send(address, 'x');
  let turns = 0;
  for (; heard.length < 320; turns += 1) await nextTurn();
  expect(turns).toBeLessThan(15);
  expect(new Set(heard.slice(0, 20))).toEqual(new Set(['a', 'b']));
  system.stop();
});
