// What a conversation says of the takes it was made of, and what they tell of its course.

import { describe, expect, it } from 'vitest';
import { type Conversation, consolidate, type Fact, type Merged } from '#src/recording/consolidate';
import { manifest, tenant } from './facts-drawn.ts';

const startedMs = Date.UTC(2026, 0, 5);

/** A take of recording R1 on the node `n<copy>`, begun so long after the call. */
function take(copy: number, afterMs: number): Fact {
  const begun = startedMs + afterMs;
  return { type: 'manifest', manifest: manifest(1, copy, { startedMs: begun, endedMs: begun + 40_000, pauses: [] }) };
}

function clock(copy: number, plusMinusMs: number): Fact {
  return { type: 'clock', tenant, take: `T1-${copy}`, against: 'T1-0', offsetMs: 0, plusMinusMs };
}

function merged(takes: readonly string[], supplied: readonly string[]): Fact {
  const stretches = supplied.map((one, index) => ({
    fromMs: index * 10,
    toMs: index * 10 + 10,
    take: one,
    stream: 's',
  }));
  const track = { party: '0170', channel: 'left' as const, packets: 9, gaps: [], supplied: stretches };
  const fact: Merged = {
    takes,
    measure: 'T1-0',
    clocks: [],
    audio: { startedMs, lengthMs: 40_000 },
    tracks: [track],
    leaked: [],
  };
  return { type: 'merged', tenant, merged: fact };
}

function only(...facts: readonly Fact[]): Conversation {
  const found = consolidate(facts);
  expect(found).toHaveLength(1);
  expect(consolidate(facts.toReversed())).toEqual(found);
  return found[0]!;
}

const restartsOf = ({ timeline }: Conversation) =>
  timeline.flatMap(({ kind, fromMs, detail }) => (kind === 'restart' ? [[fromMs - startedMs, detail]] : []));

describe('R-RPL-1: the takes of a conversation', () => {
  it('are used when something of them is heard, synchronised when another one has all of it, else not used', () => {
    const before = only(take(0, 0), take(1, 0), take(2, 0), merged(['T1-0', 'T1-1'], ['T1-0']));
    expect(before.sources).toMatchObject([
      { take: 'T1-0', state: 'used' },
      { take: 'T1-1', state: 'synchronised' },
      { take: 'T1-2', state: 'not-used', why: 'its packets are not merged yet' },
    ]);
    const all = merged(['T1-0', 'T1-1', 'T1-2'], ['T1-0', 'T1-2']);
    const after = only(take(0, 0), take(1, 0), take(2, 0), merged(['T1-0', 'T1-1'], ['T1-0']), all);
    expect(after.sources.map(({ state }) => state)).toEqual(['used', 'synchronised', 'used']);
  });

  it.each([
    ['copies that begin together are none', [take(0, 0), take(1, 900), clock(1, 5)], []],
    ['of a known clock what begins later is one', [take(0, 0), take(1, 20_000), clock(1, 5)], [[20_000, 'on n1']]],
    ['of an unknown clock it may have begun together', [take(0, 0), take(1, 20_000)], []],
    ['of an unknown clock half a minute is too much for that', [take(0, 0), take(1, 32_000)], [[32_000, 'on n1']]],
    [
      'of a clock that is exactly known two seconds are enough',
      [take(0, 0), take(1, 2_000), clock(1, 0)],
      [[2_000, 'on n1']],
    ],
  ] as const)('tell of restarts: %s', (_what, facts, restarts) => {
    expect(restartsOf(only(...facts))).toEqual(restarts);
  });
});
