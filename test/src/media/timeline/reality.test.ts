import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf, parseRtp } from '#src/media';
import { builtInDecoders, pcmuDecoder } from '#src/media/codec';
import { buildTimeline, type Timeline } from '#src/media/timeline';
import {
  type Change,
  type Delivery,
  payloadsOf,
  type Scene,
  type Segment,
  type Spoken,
  speak,
  transmit,
} from './sender.ts';

// 100,000 scenes in all in the long run; each is some hundred packets.
const full = process.env['TWINREEL_FULL'] !== undefined;
const scenes = (inFull: number, quickly: number) => (full ? inFull : quickly);

const changes = (...allowed: Change[]) => fc.constantFrom(...allowed);
const segmentOf = (change: fc.Arbitrary<Change>, talkMin: number): fc.Arbitrary<Segment> =>
  fc.record({
    change,
    packetMs: fc.constantFrom(10, 20, 30, 60),
    talk: fc.tuple(fc.integer({ min: talkMin, max: talkMin + 25 }), fc.integer({ min: talkMin, max: talkMin + 25 })),
    middle: fc.constantFrom('nothing', 'silence', 'comfort-noise', 'telephone-event'),
    middleMs: fc.oneof(fc.integer({ min: 20, max: 1000 }), fc.constant(60_000)),
  });
const sceneOf = (
  change: fc.Arbitrary<Change>,
  more: Partial<Record<keyof Scene, fc.Arbitrary<unknown>>> = {},
  talkMin = 55,
) =>
  fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    segments: fc.array(segmentOf(change, talkMin), { minLength: 1, maxLength: 3 }),
    losses: fc.array(
      fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), packets: fc.integer({ min: 1, max: 12 }) }),
      { maxLength: 4 },
    ),
    repeated: fc.constantFrom(0, 0.05, 0.3),
    delayed: fc.constantFrom(0, 0.05, 0.3),
    damaged: fc.constantFrom(0, 0.02),
    delayPacketsMax: fc.constantFrom(1, 3, 20, 100),
    pace: fc.constant(1),
    ...more,
  }) as fc.Arbitrary<Scene>;

/** Most of them short: where the count goes on one packet of a segment is enough, a jump wants a second one to be believed. */
const goingOn = (more: Parameters<typeof sceneOf>[1] = {}) =>
  fc.oneof(
    { weight: 9, arbitrary: sceneOf(changes('none', 'payload-type'), more, 1) },
    { weight: 1, arbitrary: sceneOf(changes('none', 'payload-type', 'sequence'), more) },
  );

/** First deliveries of what was spoken, by index, with their place in the order of arrival. */
function heardOf(deliveries: readonly Delivery[]): Map<Spoken, number> {
  const heard = new Map<Spoken, number>();
  deliveries.forEach(({ spoken }, ordinal) => {
    if (spoken && !heard.has(spoken)) heard.set(spoken, ordinal);
  });
  return heard;
}

/** Every packet heard has its place to the sample, relative to the first one heard of its run; nothing else has one. */
function expectPlaces(timeline: Timeline, deliveries: readonly Delivery[], heard: ReadonlyMap<Spoken, number>): void {
  const anchors = new Map<number, number>();
  const places = new Set<number>();
  for (const [spoken, ordinal] of [...heard].sort(([a], [b]) => a.index - b.index)) {
    places.add(ordinal);
    const startMs = timeline.startMs[ordinal]!;
    const anchor = anchors.get(spoken.run) ?? startMs - spoken.spokenMs;
    anchors.set(spoken.run, anchor);
    if (!(Math.abs(startMs - anchor - spoken.spokenMs) < 1e-6))
      throw new Error(`packet ${spoken.index} is at ${startMs - anchor}, not ${spoken.spokenMs} ms`);
  }
  deliveries.forEach((_, ordinal) => {
    if (!places.has(ordinal) && !Number.isNaN(timeline.startMs[ordinal]))
      throw new Error(`packet ${ordinal} has a place`);
  });
}

interface ExpectedGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly packets: number;
  readonly exact: boolean;
}

/**
 * Gaps inside one run, by the definition: packets are missing by number between two that were heard; exact when the time
 * between them is that of the missing packets.
 */
function gapsOf(spoken: readonly Spoken[], heard: ReadonlyMap<Spoken, number>, originMs: number): ExpectedGap[] {
  const gaps: ExpectedGap[] = [];
  let before: Spoken | undefined;
  let missing = 0;
  for (const packet of spoken) {
    if (!heard.has(packet)) {
      missing++;
      continue;
    }
    // Events repeat a timestamp: they tell the time only where nothing else has been heard yet.
    if (packet.kind === 'telephone-event' && before) continue;
    if (before && before.run === packet.run) {
      const fromMs = before.spokenMs + before.lengthMs;
      const holeMs = packet.spokenMs - fromMs;
      const jumped = before.numbering !== packet.numbering;
      const lengths = [before.lengthMs, packet.lengthMs].filter((ms) => ms > 0);
      const exact = !jumped && before.kind === 'audio' && lengths.some((ms) => holeMs === missing * ms);
      const packets = jumped ? Math.round(holeMs / (lengths[0] ?? 20)) : missing;
      if (jumped ? holeMs > 0 : missing > 0)
        gaps.push({ fromMs: fromMs - originMs, toMs: packet.spokenMs - originMs, packets, exact });
    }
    before = packet;
    missing = 0;
  }
  return gaps;
}

function expectGaps(timeline: Timeline, expected: readonly ExpectedGap[]): void {
  const found = timeline.gaps.map(({ fromMs, toMs, packets, certainty }) => ({
    fromMs,
    toMs,
    packets,
    exact: certainty === 'exact',
  }));
  expect(found).toEqual(expected);
}

function expectCounts(timeline: Timeline, deliveries: readonly Delivery[], heard: ReadonlyMap<Spoken, number>): void {
  const of = (sort: Delivery['sort']) => deliveries.filter((one) => one.sort === sort).length;
  expect(timeline.counts).toEqual({
    placed: heard.size,
    duplicates: of('media') - heard.size,
    malformed: of('damaged'),
    rtcp: of('rtcp'),
    strays: 0,
    unknown: 0,
    paused: 0,
  });
}

function play(scene: Scene) {
  const spoken = speak(scene);
  const deliveries = transmit(scene, spoken);
  return {
    spoken,
    deliveries,
    heard: heardOf(deliveries),
    timeline: buildTimeline(deliveries, { payloads: payloadsOf(scene) }),
  };
}

/** What was heard of the first run of the ledger: first and end, in the sender's time. */
function firstHeardMs(heard: ReadonlyMap<Spoken, number>): number {
  return [...heard.keys()].reduce((least, { spokenMs }) => Math.min(least, spokenMs), Number.POSITIVE_INFINITY);
}

/** What should be heard: each packet that came where it was spoken, once, and nothing where nothing was said or nothing came. */
function soundOf(heard: ReadonlyMap<Spoken, number>, originMs: number, lengthMs: number) {
  const samples = new Int16Array(Math.round(lengthMs * 8));
  // Noise is heard as noise, from its packet to the next: that is judged elsewhere.
  const noisy: { readonly from: number; readonly to: number }[] = [];
  const decoder = pcmuDecoder();
  const inOrder = [...heard.keys()].filter(({ kind }) => kind !== 'telephone-event').sort((a, b) => a.index - b.index);
  for (const [index, { kind, spokenMs, bytes }] of inOrder.entries()) {
    const from = Math.round((spokenMs - originMs) * 8);
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') throw new Error(packet);
    if (kind === 'audio') samples.set(decoder.decode(packet.payload), from);
    else noisy.push({ from, to: Math.round(((inOrder[index + 1]?.spokenMs ?? spokenMs) - originMs) * 8) });
  }
  return { samples, noisy };
}

describe('RTP as it is', () => {
  it('R-REC-3: what is decoded is what was sent, sample for sample', async () => {
    await fc.assert(
      fc.asyncProperty(sceneOf(changes('none', 'sequence')), async (scene) => {
        const { deliveries, heard, timeline } = play(scene);
        if (heard.size === 0) return;
        const voice = { timeline, packets: deliveries, payloads: payloadsOf(scene) };
        const decoded = new Int16Array(Math.round(timeline.lengthMs * 8));
        for await (const blocks of blocksOf(voice, builtInDecoders)) {
          for (const { startMs, samples } of blocks) {
            const from = Math.round(startMs * 8);
            decoded.set(samples.subarray(0, Math.max(0, decoded.length - from)), Math.min(from, decoded.length));
          }
        }
        const { samples, noisy } = soundOf(heard, firstHeardMs(heard), timeline.lengthMs);
        for (const { from, to } of noisy) for (const one of [decoded, samples]) one.fill(0, from, to);
        const differs = decoded.findIndex((sample, at) => sample !== samples[at]);
        if (differs >= 0) throw new Error(`at ${differs / 8} ms: ${decoded[differs]}, not ${samples[differs]}`);
      }),
      { seed: 19, numRuns: scenes(2_000, 30) },
    );
  });

  it("R-REC-3: where timestamps go on, every packet lies where it was spoken and every gap is the ledger's", () => {
    fc.assert(
      fc.property(goingOn(), (scene) => {
        const { spoken, deliveries, heard, timeline } = play(scene);
        if (heard.size === 0) return;
        expectPlaces(timeline, deliveries, heard);
        expectCounts(timeline, deliveries, heard);
        const originMs = firstHeardMs(heard);
        expectGaps(timeline, gapsOf(spoken, heard, originMs));
        const endMs = [...heard.keys()].reduce(
          (most, one) => (one.kind === 'audio' ? Math.max(most, one.spokenMs + one.lengthMs) : most),
          originMs,
        );
        expect(timeline.lengthMs).toBeCloseTo(endMs - originMs, 6);
        expect(timeline.runs).toHaveLength(1);
      }),
      { seed: 20, numRuns: scenes(60_000, 200) },
    );
  });

  it('R-REC-3: faster than real time changes nothing in place, gaps and length', () => {
    const pace = fc.constantFrom(2, 4, 16, 1e9);
    fc.assert(
      fc.property(goingOn({ pace }), (scene) => {
        const { spoken, deliveries, heard, timeline } = play(scene);
        if (heard.size === 0) return;
        expectPlaces(timeline, deliveries, heard);
        expectGaps(timeline, gapsOf(spoken, heard, firstHeardMs(heard)));
        expectCounts(timeline, deliveries, heard);
      }),
      { seed: 21, numRuns: scenes(20_000, 100) },
    );
  });

  it('R-REC-3: where timestamps or sources start anew, runs are exact and lie where arrival says', () => {
    const all = changes('none', 'payload-type', 'sequence', 'timestamp', 'both', 'ssrc', 'clock');
    fc.assert(
      fc.property(sceneOf(all), (scene) => {
        const { spoken, deliveries, heard, timeline } = play(scene);
        expectPlaces(timeline, deliveries, heard);
        expectCounts(timeline, deliveries, heard);
        expectRunsApart(timeline, spoken, deliveries, heard);
      }),
      { seed: 22, numRuns: scenes(16_000, 100) },
    );
  });

  it('R-REC-3: the same when a steady sender is faster than real time', () => {
    const all = changes('none', 'timestamp', 'both', 'ssrc', 'clock');
    const more = { pace: fc.constantFrom(2, 4, 16), delayPacketsMax: fc.constant(1) };
    fc.assert(
      fc.property(sceneOf(all, more), (scene) => {
        const { spoken, deliveries, heard, timeline } = play(scene);
        expectPlaces(timeline, deliveries, heard);
        expectRunsApart(timeline, spoken, deliveries, heard);
      }),
      { seed: 23, numRuns: scenes(4_000, 40) },
    );
  });
});

/**
 * Each run lies behind the one before it by the time that passed at the sender, as exactly as the least delay of both
 * shows it; arrival that differs by less than 40 ms or a packet counts as jitter.
 */
function expectRunsApart(
  timeline: Timeline,
  spoken: readonly Spoken[],
  deliveries: readonly Delivery[],
  heard: ReadonlyMap<Spoken, number>,
): void {
  const startMs = Date.UTC(2026, 0, 1);
  const delayMs = (packet: Spoken) =>
    timeline.pace > 1 ? 0 : deliveries[heard.get(packet)!]!.arrivalUs / 1000 - startMs - packet.spokenMs;
  const runs = [...new Set(spoken.map(({ run }) => run))]
    .map((run) =>
      spoken.filter((packet) => packet.run === run && heard.has(packet) && packet.kind !== 'telephone-event'),
    )
    .filter((run) => run.length > 0);
  for (const [index, run] of runs.entries()) {
    const before = runs[index - 1];
    if (!before) continue;
    const shift = (packets: readonly Spoken[]) => timeline.startMs[heard.get(packets[0]!)!]! - packets[0]!.spokenMs;
    const endMs = before.at(-1)!.spokenMs;
    const least = (packets: readonly Spoken[]) => Math.min(...packets.map(delayMs));
    const tail = least(before.filter(({ spokenMs }) => spokenMs > endMs - 5000));
    const head = least(run.filter(({ spokenMs }) => spokenMs < run[0]!.spokenMs + 10_000));
    const allowedMs = Math.max(40, before.at(-1)!.lengthMs, run[0]!.lengthMs) + Math.max(tail, head) + 1;
    const errorMs = Math.abs(shift(run) - shift(before));
    if (!(errorMs <= allowedMs)) throw new Error(`run ${index} is ${errorMs} ms off, allowed are ${allowedMs}`);
  }
}
