import { describe, expect, it } from 'vitest';
import { buildRtp, type PayloadMap } from '#src/media';
import { type ArrivedPacket, buildTimeline, type WallInterval } from '#src/media/timeline';

const wallMs = Date.UTC(2026, 0, 1);

interface Sent {
  readonly sequence: number;
  /** Start in ms, on the sender's clock of 8 kHz. */
  readonly ms: number;
  readonly ssrc?: number;
  readonly type?: number;
  readonly payload?: Buffer;
  /** Timestamp at 0 ms. */
  readonly origin?: number;
  /** Arrival after `wallMs`; `ms` when left out. */
  readonly at?: number;
}

const packetOf = ({
  sequence,
  ms,
  ssrc = 1,
  type = 0,
  payload = Buffer.alloc(160),
  origin = 1000,
  at = ms,
}: Sent): ArrivedPacket => ({
  arrivalUs: (wallMs + at) * 1000,
  bytes: buildRtp({ payloadType: type, sequence, timestamp: origin + ms * 8, ssrc }, payload),
});
const talk = (from: number, count: number, more: Partial<Sent> = {}): Sent[] =>
  Array.from({ length: count }, (_, index) => ({ sequence: from + index, ms: (from + index) * 20, ...more }));
const timelineOf = (sent: readonly Sent[], pauses: readonly WallInterval[] = [], payloads?: PayloadMap) =>
  buildTimeline(sent.map(packetOf), { pauses, ...(payloads && { payloads }) });
const wall = (fromMs: number, toMs: number) => ({ fromMs: wallMs + fromMs, toMs: wallMs + toMs });

describe('timeline of one stream', () => {
  it('R-REC-3: an undisturbed stream is one span without a gap', () => {
    const timeline = timelineOf(talk(0, 100));
    expect(timeline).toMatchObject({ lengthMs: 2000, gaps: [], originMs: wallMs, pace: 1, late: 0 });
    expect(timeline.spans).toEqual([{ ssrc: 1, payloadType: 0, codec: 'PCMU', packets: 100, fromMs: 0, toMs: 2000 }]);
  });

  it('R-REC-3: loss is an exact gap, over the wrap of sequence and timestamp too', () => {
    const sent = [...talk(65530, 4), ...talk(65540, 4)];
    const timeline = timelineOf(sent.map((one) => ({ ...one, origin: 2 ** 32 - 65534 * 160 })));
    expect(timeline.gaps).toEqual([{ fromMs: 80, toMs: 200, packets: 6, certainty: 'exact' }]);
    expect(timeline.lengthMs).toBe(280);
  });

  it('R-REC-3: more loss than a 16-bit number can count is exact when timestamps tell', () => {
    const timeline = timelineOf([...talk(0, 10), ...talk(80_000, 10)]);
    expect(timeline.gaps).toEqual([{ fromMs: 200, toMs: 1_600_000, packets: 79_990, certainty: 'exact' }]);
  });

  it('R-REC-3: silence of up to 60 s without packets is no gap; loss at its edge is estimated', () => {
    const later = (first: number) =>
      talk(10, 10).map((one) => ({ ...one, sequence: one.sequence + first, ms: one.ms + 60_000 }));
    expect(timelineOf([...talk(0, 10), ...later(0)])).toMatchObject({ gaps: [], lengthMs: 60_400 });
    expect(timelineOf([...talk(0, 10), ...later(2)]).gaps).toEqual([
      { fromMs: 200, toMs: 60_200, packets: 2, certainty: 'estimated', plusMinusMs: 59_960 },
    ]);
  });

  it('R-REC-3: comfort noise, 13 or 19, has a place and no length', () => {
    const noise = { payload: Buffer.from([60]) };
    const sent = [
      ...talk(0, 5),
      { sequence: 5, ms: 100, type: 13, ...noise },
      { sequence: 6, ms: 900, type: 19, ...noise },
    ];
    const timeline = timelineOf([...sent, ...talk(7, 5).map((one) => ({ ...one, ms: one.ms + 2000 }))]);
    expect(timeline).toMatchObject({ gaps: [], lengthMs: 2240 });
    expect(timeline.startMs.slice(4, 8)).toEqual([80, 100, 900, 2140]);
    expect(timeline.spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [0, 100],
      [2140, 2240],
    ]);
  });

  it('R-REC-3: telephone events are listed once and leave the time of the audio alone', () => {
    const payloads = new Map([[101, { codec: 'TELEPHONE-EVENT', clockRateHz: 8000 }]]);
    const event = (sequence: number, ticks: number): Sent => ({
      sequence,
      ms: 100,
      at: 100 + (sequence - 5) * 20,
      type: 101,
      payload: Buffer.from([5, 10, ticks >> 8, ticks & 0xff]),
    });
    const sent = [
      ...talk(0, 5),
      event(5, 160),
      event(6, 320),
      event(7, 480),
      event(8, 480),
      event(9, 480),
      ...talk(10, 5),
    ];
    const timeline = timelineOf(sent, [], payloads);
    expect(timeline).toMatchObject({ gaps: [], lengthMs: 300 });
    expect(timeline.events).toEqual([{ atMs: 100, event: 5, durationMs: 60 }]);
    expect(timelineOf(sent).counts).toMatchObject({ unknown: 5, placed: 10 });
  });

  it('R-REC-3: another SSRC is placed by arrival; the gap in between is estimated', () => {
    const second = talk(500, 50).map((one, index) => ({
      ...one,
      ssrc: 2,
      ms: 5000 + index * 20,
      origin: 77,
      at: 1300 + index * 20,
    }));
    const timeline = timelineOf([...talk(0, 50), ...second]);
    expect(timeline.gaps).toEqual([{ fromMs: 1000, toMs: 1300, packets: 15, certainty: 'estimated', plusMinusMs: 20 }]);
    expect(timeline.runs.map(({ ssrc, placedBy }) => [ssrc, placedBy])).toEqual([
      [1, 'origin'],
      [2, 'arrival'],
    ]);
    expect(timeline.lengthMs).toBe(2300);
  });

  it('R-REC-3: timestamps that start anew with unbroken numbers join without a gap', () => {
    const second = talk(50, 50).map((one) => ({ ...one, origin: 3_000_000_000 }));
    expect(timelineOf([...talk(0, 50), ...second])).toMatchObject({ gaps: [], lengthMs: 2000 });
    const lossy = timelineOf([...talk(0, 50), ...second.slice(3)]);
    expect(lossy.gaps).toEqual([{ fromMs: 1000, toMs: 1060, packets: 3, certainty: 'estimated', plusMinusMs: 20 }]);
  });

  it('R-REC-3: numbers that start anew while timestamps go on change nothing', () => {
    const second = talk(50, 50).map((one) => ({ ...one, sequence: one.sequence + 30_000 }));
    expect(timelineOf([...talk(0, 50), ...second])).toMatchObject({ gaps: [], lengthMs: 2000 });
  });

  it('R-REC-3: four times faster than real time has the true length, its loss and its origin', () => {
    const sent = [...talk(0, 100), ...talk(110, 100)].map((one) => ({ ...one, at: one.ms / 4 }));
    const timeline = timelineOf(sent);
    expect(timeline).toMatchObject({ lengthMs: 4200, originMs: wallMs });
    expect(timeline.pace).toBeCloseTo(4, 1);
    expect(timeline.gaps).toEqual([{ fromMs: 2000, toMs: 2200, packets: 10, certainty: 'exact' }]);
  });

  it('R-REC-3: the origin is that of the least delay, not of the first packet', () => {
    const sent = talk(0, 100).map((one, index) => ({ ...one, at: one.ms + 10 + (index === 0 ? 85 : index % 3) }));
    expect(timelineOf(sent.toSorted((a, b) => a.at - b.at)).originMs).toBe(wallMs + 10);
  });

  it('R-REC-6: a pause is no loss and keeps its time; loss away from it stays', () => {
    const heard = talk(0, 500).filter(({ ms }) => ms < 2000 || ms >= 5000);
    const timeline = timelineOf(heard, [wall(2000, 5000)]);
    expect(timeline).toMatchObject({ lengthMs: 10_000, gaps: [], pauses: [{ fromMs: 2000, toMs: 5000 }] });
    const lossy = timelineOf(
      heard.filter(({ ms }) => ms < 5000 || ms >= 6000),
      [wall(2000, 5000)],
    );
    expect(lossy.gaps).toEqual([{ fromMs: 5000, toMs: 6000, packets: 50, certainty: 'estimated', plusMinusMs: 100 }]);
  });

  it('R-REC-6: packets that arrived within a pause are left out', () => {
    const timeline = timelineOf(talk(0, 500), [wall(2000, 5000)]);
    expect(timeline.counts).toMatchObject({ paused: 150, placed: 350 });
    expect(timeline).toMatchObject({ lengthMs: 10_000, gaps: [], pauses: [{ fromMs: 2000, toMs: 5000 }] });
  });

  it('R-REC-3: false lengths are counted and leave a gap; nothing at all gives an empty timeline', () => {
    const packets = talk(0, 10).map(packetOf);
    packets[4]!.bytes[0] = 0x8f;
    packets[4] = { ...packets[4]!, bytes: packets[4]!.bytes.subarray(0, 40) };
    const timeline = buildTimeline(packets);
    expect(timeline.counts).toMatchObject({ malformed: 1, placed: 9 });
    expect(timeline.gaps).toEqual([{ fromMs: 80, toMs: 100, packets: 1, certainty: 'exact' }]);
    expect(buildTimeline([])).toMatchObject({ lengthMs: 0, spans: [], gaps: [], originMs: Number.NaN });
  });
});
