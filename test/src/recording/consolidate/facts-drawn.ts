// Facts of calls, recorders and cores as fast-check draws them: few names, so that they meet; clocks of nodes up to 30 s apart.

import fc from 'fast-check';
import { type Couple, callName, connName, type ManifestFacts } from '#src/recording';
import type { Fact } from '#src/recording/consolidate';

export const drawnFacts: fc.Arbitrary<Fact[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ n: fc.nat(5), more: fc.nat(63), writer: fc.nat(2) }).map(coupleFact) },
    { weight: 3, arbitrary: fc.record({ n: fc.nat(5), copy: fc.nat(1) }).map(manifestFact) },
    { weight: 1, arbitrary: fc.nat(5).map(sameAs) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(7), fc.nat(7)).map(partOf) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(5), fc.nat(1), fc.integer({ min: -30_000, max: 30_000 })).map(clock) },
  ),
  { maxLength: 14 },
);

export const tenant = 'acme';
const dayMs = Date.UTC(2026, 0, 5);
const skewMs = [0, 30_000, -30_000];

/** The more bits are set, the more this writer has seen; each of its words says all that it knows then. */
function coupleFact({ n, more, writer }: { n: number; more: number; writer: number }): Fact {
  const knows = (bit: number) => (more & (1 << bit)) !== 0;
  const atMs = dayMs + n * 60_000 + skewMs[writer]!;
  return {
    type: 'couple',
    writer: `core-${writer}/${more}`,
    offset: 1,
    couple: couple(n, atMs, {
      dn: agentOf(n),
      // Its media came before its event.
      ...(writer === 1 && { sid: `S${n}-media`, sameAs: [`S${n}`] }),
      connIds: knows(0) ? [`0${n}`] : [],
      ...(knows(1) && { establishedMs: atMs + 2_000, otherDn: '0170' }),
      ...(knows(2) && { endedMs: atMs + 40_000, phase: 'ended' }),
      ...(knows(3) && { holds: [{ fromMs: atMs + 5_000, toMs: atMs + 9_000 }] }),
      ...(knows(4) && { partOf: [callName(`C${n >> 1}`)] }),
      externalData: { GEN_TLIB_CallUuid: `C${n}`, ...(knows(5) && { [`GEN_USR_${writer}`]: 'x' }) },
      takes: knows(5)
        ? [
            {
              ...{ take: `T${n}-0`, node: 'n0', phase: 'running', pauses: [] },
              streams: [{ party: '3556', packets: more }],
              ...(knows(0) && { clock: { offsetMs: skewMs[writer]!, plusMinusMs: 1 + n } }),
            },
          ]
        : [],
    }),
  };
}

export function couple(n: number, startedMs: number, more: Partial<Couple> = {}): Couple {
  return {
    sid: `S${n}`,
    tenant,
    callUuid: `C${n}`,
    connIds: [],
    recordingId: `R${n}`,
    dn: `355${n}`,
    callType: 'inbound',
    phase: 'talking',
    startedMs,
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: '' },
    standing: 'recording',
    problem: 'NO_PROBLEM',
    takes: [],
    externalData: {},
    ...more,
  };
}

function manifestFact({ n, copy }: { n: number; copy: number }): Fact {
  return { type: 'manifest', manifest: manifest(n, copy) };
}

/** The `copy`th take of the `n`th recording, on the node `n<copy>`. */
export function manifest(n: number, copy: number, more: Partial<ManifestFacts> = {}): ManifestFacts {
  const startedMs = dayMs + n * 60_000 + skewMs[copy]!;
  return {
    version: 1,
    take: `T${n}-${copy}`,
    recordingId: `R${n}`,
    tenant,
    node: `n${copy}`,
    startedMs,
    endedMs: startedMs + 40_000,
    endReason: 'bye',
    lengthMs: 40_000,
    parties: [
      { number: `355${n}`, channel: 'left' },
      { number: '0170', channel: 'right' },
    ],
    dialogs: [],
    streams: ['0170', `355${n}`].map((party, index) => stream(`T${n}-${copy}-${index}`, party, startedMs)),
    pauses: [{ fromMs: startedMs + 10_000, toMs: startedMs + 12_000, by: 'agent' }],
    copies: [],
    problems: [],
    ...more,
  };
}

export function stream(name: string, party: string, startedMs: number): ManifestFacts['streams'][number] {
  return {
    stream: name,
    dialog: name,
    party,
    formats: [{ payloadType: 8, codec: 'PCMA', clockRateHz: 8_000, channels: 1 }],
    packets: 2_000,
    bytes: 344_000,
    lost: 0,
    duplicates: 0,
    paused: 0,
    firstMs: startedMs,
    lastMs: startedMs + 40_000,
    startMs: 0,
    lengthMs: 40_000,
    gaps: [],
    endReason: 'bye',
  };
}

/** Two couples of one agent. */
function sameAs(n: number): Fact {
  return { type: 'same-as', tenant, sids: [`S${n}`, `S${n ^ 1}`] };
}

function agentOf(n: number): string {
  return `355${n >> 1}`;
}

function partOf([one, other]: readonly [number, number]): Fact {
  return {
    type: 'part-of',
    tenant,
    names: [callName(`C${one}`), other > 5 ? connName(`0${one}`) : callName(`C${other}`)],
  };
}

function clock([n, copy, offsetMs]: readonly [number, number, number]): Fact {
  return { type: 'clock', tenant, take: `T${n}-${copy}`, against: `T${n}-${1 - copy}`, offsetMs, plusMinusMs: 5 };
}

/** The same ones in another order, as the draws say. */
export function shuffled<Value>(values: readonly Value[], draws: fc.Stream<number>): Value[] {
  return values
    .map((value) => ({ value, at: draws.next().value as number }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value);
}
