import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sequenceOf, ssrcOf, timestampOf } from '#src/media';
import type { ArrivedPacket } from '#src/media/timeline';
import { consolidate } from '#src/recording/consolidate';
import { tenant } from '../consolidate/facts-drawn.ts';
import { beganMs, chance, type Got, merged, sent } from './sent.ts';

const runs = (quick: number) => ({ seed: 9, numRuns: process.env['TWINREEL_FULL'] ? 20 * quick : quick });
const numbers = { ssrc: 0xa1, sequence: 65_000, timestamp: 2 ** 32 - 5_000 };
const numbersOf = (packets: readonly ArrivedPacket[]) =>
  packets.map(({ bytes }) => (sequenceOf(bytes) - numbers.sequence) & 0xffff);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** Runs of numbers that are missing between the first and the last. */
function holesIn(present: readonly number[]): [number, number][] {
  return present.slice(1).flatMap((n, index): [number, number][] => {
    const before = present[index]!;
    return n - before > 1 ? [[before + 1, n]] : [];
  });
}

describe('copies of one voice', () => {
  const drawn = fc.record({
    seed: fc.nat(),
    count: fc.integer({ min: 30, max: 300 }),
    losses: fc.array(fc.double({ min: 0, max: 0.6, noNaN: true }), { minLength: 2, maxLength: 3 }),
    skewMs: fc.integer({ min: -30_000, max: 30_000 }),
  });

  it('R-RPL-2: with losses in each copy and clocks 30 s apart, the track is the union, and its gaps are exact', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, fc.boolean(), async ({ seed, count, losses, skewMs }, isSilent) => {
        const packets = sent(1, count, numbers, { silence: () => isSilent });
        const lost = (copy: number, n: number) => chance(seed + copy, n) < losses[copy]!;
        const copies = losses.map(
          (_, copy): Got => ({
            take: `T${copy}`,
            node: `n${copy}`,
            packets,
            skewMs: copy * skewMs,
            lost: (n) => lost(copy, n),
            jitterMs: (n) => 4 * chance(seed + copy + 7, n),
          }),
        );
        const union = packets.map(({ n }) => n).filter((n) => losses.some((_, copy) => !lost(copy, n)));
        const inBoth = packets.filter(({ n }) => losses.every((_, copy) => !lost(copy, n)));
        fc.pre(union.length > 0 && inBoth.length > 0);
        const { merged: found, heard } = await merged(copies);
        expect(sorted(numbersOf(heard[0]!))).toEqual(union);
        const [track] = found.tracks;
        expect(track!.packets).toBe(union.length);
        const gaps = holesIn(union).map(([from, to]) => [
          20 * (from - union[0]!),
          20 * (to - union[0]!),
          to - from,
          'exact',
        ]);
        expect(track!.gaps.map(({ fromMs, toMs, packets, certainty }) => [fromMs, toMs, packets, certainty])).toEqual(
          gaps,
        );
        for (const [index, one] of track!.supplied.entries())
          expect(one.fromMs).toBeGreaterThanOrEqual(track!.supplied[index - 1]?.toMs ?? 0);
        const again = await merged([...copies].reverse());
        expect(again.merged).toEqual(found);
      }),
      runs(20),
    );
  });

  it('R-REC-6: what came while any copy was paused is in no track, and a copy that leaked is named', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: -30_000, max: 30_000 }),
        fc.boolean(),
        async (seed, skewMs, leaks) => {
          const packets = sent(1, 400, numbers);
          const pauseOf = (byMs: number) => [{ fromMs: beganMs + byMs + 2_000, toMs: beganMs + byMs + 5_000 }];
          const lossy = (copy: number) => (n: number) => chance(seed + copy, n) < 0.1;
          const { merged: found, heard } = await merged([
            { take: 'T0', node: 'n0', packets, pauses: pauseOf(0), lost: lossy(0) },
            { take: 'T1', node: 'n1', packets, skewMs, pauses: leaks ? [] : pauseOf(skewMs), leaks, lost: lossy(1) },
          ]);
          const present = numbersOf(heard[0]!);
          expect(present.filter((n) => 20 * n >= 2_000 && 20 * n < 5_000)).toEqual([]);
          expect(found.leaked.map(({ take }) => take)).toEqual(leaks ? ['T1'] : []);
          // The timeline keeps its length, and a pause is no gap.
          const whole = found.tracks[0]!.gaps.filter(({ packets }) => packets > 50);
          expect(whole).toEqual([]);
          expect(found.audio.lengthMs).toBeGreaterThan(7_900);
        },
      ),
      runs(15),
    );
  });

  it('R-RPL-2: a copy with an SSRC and numbers of its own, sent anew on the way, is found by what its packets carry', async () => {
    await fc.assert(
      fc.asyncProperty(
        drawn,
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        async ({ seed, count, skewMs }, sequence, timestamp) => {
          const silence = (n: number) => chance(seed + 5, n) < 0.5;
          const options = { silence };
          const here = sent(1, count + 100, numbers, options);
          const there = sent(1, count + 100, { ssrc: 0xb2, sequence, timestamp }, options);
          const lost = (copy: number, n: number) => chance(seed + copy, n) < 0.2;
          const { merged: found, heard } = await merged([
            { take: 'T0', node: 'n0', packets: here, lost: (n) => lost(0, n) },
            { take: 'T1', node: 'n1', packets: there, skewMs, lost: (n) => lost(1, n) },
          ]);
          const union = here.map(({ n }) => n).filter((n) => !lost(0, n) || !lost(1, n));
          expect(new Set(heard[0]!.map(({ bytes }) => ssrcOf(bytes))).size).toBe(1);
          expect(heard[0]!).toHaveLength(union.length);
          expect(new Set(heard[0]!.map(({ bytes }) => timestampOf(bytes))).size).toBe(union.length);
          expect(found.tracks[0]!.gaps.every(({ certainty }) => certainty === 'exact')).toBe(true);
          const clock = found.clocks.find(({ take }) => take !== found.measure)!.clock;
          expect(clock).toMatchObject({ by: 'packets' });
          expect(Math.abs(clock.offsetMs)).toBe(Math.abs(skewMs));
        },
      ),
      runs(15),
    );
  });

  it('R-RPL-2: a failover in the middle of a call, with some overlap: both segments are one track, and say who supplied what', async () => {
    const packets = sent(1, 500, numbers);
    const { merged: found, heard } = await merged([
      { take: 'T0', node: 'n0', packets: packets.slice(0, 300) },
      { take: 'T1', node: 'n1', packets: packets.slice(280), skewMs: -30_000 },
    ]);
    expect(heard[0]).toHaveLength(500);
    expect(found.tracks[0]!.gaps).toEqual([]);
    expect(found.tracks[0]!.supplied).toEqual([
      { fromMs: 0, toMs: 6_000, take: 'T0', stream: 'T0-0170' },
      { fromMs: 6_000, toMs: 10_000, take: 'T1', stream: 'T1-0170' },
    ]);
    expect(found.audio).toEqual({ startedMs: beganMs - 30_000, lengthMs: 10_000 });
  });

  it('R-RPL-2: two calls of the media server that have nothing in common but the time are joined by measured clocks, the gap estimated', async () => {
    const before = sent(1, 200, numbers);
    const after = sent(1, 200, { ssrc: 0xb2, sequence: 7, timestamp: 9 }, { from: 250 });
    const copies: Got[] = [
      { take: 'T0', node: 'n0', packets: before },
      { take: 'T1', node: 'n1', packets: after, skewMs: 20_000 },
    ];
    const told = await merged(copies, [{ take: 'T1', against: 'T0', offsetMs: -20_000, plusMinusMs: 5 }]);
    expect(told.merged.clocks).toContainEqual({ take: 'T1', clock: { offsetMs: -20_000, plusMinusMs: 5, by: 'told' } });
    expect(told.merged.tracks[0]!.gaps).toEqual([
      { fromMs: 4_000, toMs: 5_000, packets: 50, certainty: 'estimated', plusMinusMs: 25 },
    ]);
    const untold = await merged(copies);
    expect(untold.merged.tracks[0]!.gaps[0]).toMatchObject({ certainty: 'estimated', plusMinusMs: 30_020 });
  });

  it('R-RPL-2: where nothing is known of a clock, what was recorded after a failover is not taken for a copy', async () => {
    const { heard } = await merged([
      { take: 'T0', node: 'n0', packets: sent(1, 200, numbers) },
      {
        take: 'T1',
        node: 'n1',
        packets: sent(1, 150, { ssrc: 0xb2, sequence: 7, timestamp: 9 }, { from: 200 }),
        skewMs: -2_000,
      },
    ]);
    expect(heard[0]).toHaveLength(350);
  });

  it('R-RPL-2: the sender’s reports relate clocks where no packet does', async () => {
    const before = sent(1, 200, numbers);
    const after = sent(1, 200, { ssrc: 0xb2, sequence: 7, timestamp: 9 }, { from: 250 });
    const reportAt = (ssrc: number, atMs: number, skewMs: number): ArrivedPacket => {
      return { arrivalUs: (atMs + skewMs + 3) * 1000, bytes: report(ssrc, atMs) };
    };
    const { merged: found } = await merged([
      { take: 'T0', node: 'n0', packets: before, control: [reportAt(0xa1, beganMs + 1_000, 0)] },
      { take: 'T1', node: 'n1', packets: after, skewMs: 20_000, control: [reportAt(0xb2, beganMs + 6_000, 20_000)] },
    ]);
    const clock = found.clocks.find(({ take }) => take === 'T1')!.clock;
    expect(clock).toMatchObject({ by: 'rtcp', plusMinusMs: 50 });
    expect(clock.offsetMs).toBeCloseTo(-20_000, 0);
    expect(found.tracks[0]!.gaps[0]).toMatchObject({ fromMs: 4_000, packets: 50, certainty: 'estimated' });
  });

  it('R-RPL-2: a voice sent in other packets to each recorder is heard from one of them at a time', async () => {
    const here = sent(1, 300, numbers);
    const there = sent(2, 300, { ssrc: 0xb2, sequence: 7, timestamp: 9 });
    const { merged: found, heard } = await merged([
      { take: 'T0', node: 'n0', packets: here, lost: (n) => n >= 100 && n < 150 },
      { take: 'T1', node: 'n0', packets: there, lost: (n) => n >= 290 },
    ]);
    const supplied = found.tracks[0]!.supplied.map(({ take, fromMs, toMs }) => [
      take,
      Math.round(fromMs / 20),
      Math.round(toMs / 20),
    ]);
    expect(supplied).toEqual([
      ['T1', 0, 290],
      ['T0', 290, 300],
    ]);
    expect(heard[0]!).toHaveLength(300);
  });

  it('R-RPL-2: what merging finds is a fact: sources are used or synchronised, and tracks stand where their parties are heard', async () => {
    const packets = sent(1, 100, numbers);
    const other = sent(2, 100, { ...numbers, ssrc: 0xc3 });
    const { merged: found, manifests } = await merged([
      { take: 'T0', node: 'n0', packets },
      { take: 'T0', node: 'n0', party: '3551', packets: other, lost: (n) => n === 50 },
      { take: 'T1', node: 'n1', packets, skewMs: 30_000, lost: (n) => n < 10 },
    ]);
    const [conversation] = consolidate([
      ...manifests.map((manifest) => ({ type: 'manifest' as const, manifest: { ...manifest, recordDn: '3551' } })),
      { type: 'merged', tenant, merged: found },
    ]);
    expect(conversation!.sources).toMatchObject([
      { take: 'T0', state: 'used', clock: { by: 'same-clock' } },
      { take: 'T1', state: 'synchronised', clock: { by: 'packets', offsetMs: -30_000 } },
    ]);
    expect(conversation!.tracks.map(({ party, channel }) => [party, channel])).toEqual([
      ['0170', 'left'],
      ['3551', 'right'],
    ]);
    expect(conversation!.timeline).toMatchObject([
      { kind: 'gap', party: '3551', fromMs: beganMs + 1_000, detail: '1 packet' },
    ]);
  });
});

/** RFC 3550 §6.4.1 and §6.5: a sender report and a CNAME. */
function report(ssrc: number, ntpMs: number): Buffer {
  const bytes = Buffer.alloc(28 + 16);
  bytes.writeUInt32BE(0x80c80006, 0);
  bytes.writeUInt32BE(ssrc, 4);
  bytes.writeUInt32BE(Math.floor(ntpMs / 1000) + 2_208_988_800, 8);
  bytes.writeUInt32BE(Math.floor(((ntpMs % 1000) / 1000) * 2 ** 32), 12);
  bytes.writeUInt32BE(0x81ca0003, 28);
  bytes.writeUInt32BE(ssrc, 32);
  bytes.write('\x01\x05mcp-1', 36, 'latin1');
  return bytes;
}
