import { describe, expect, it } from 'vitest';
import { buildRtp } from '#src/media';
import { type ArrivedPacket, align, buildTimeline, type Timeline } from '#src/media/timeline';
import { senderDescription, senderReport } from '../rtp/rtcp-packets.ts';

const wallMs = Date.UTC(2026, 0, 1);

interface Talk {
  readonly fromMs: number;
  readonly seconds: number;
  /** Delay of the n-th packet by the network. */
  readonly delayMs?: (index: number) => number;
  readonly pace?: number;
  /** Sender's clock at the wall's `wallMs`, with a name for it. */
  readonly clock?: { readonly cname: string; readonly atMs: number };
}

function talk({ fromMs, seconds, delayMs = () => 0, pace = 1, clock }: Talk): Timeline {
  const packets: ArrivedPacket[] = Array.from({ length: seconds * 50 }, (_, index) => ({
    arrivalUs: (wallMs + (fromMs + index * 20) / pace + delayMs(index)) * 1000,
    bytes: buildRtp({ payloadType: 0, sequence: index, timestamp: 77 + index * 160, ssrc: 9 }, Buffer.alloc(160)),
  }));
  if (clock) {
    const report = senderReport({ ssrc: 9, ntpMs: clock.atMs + fromMs + 500, rtpTimestamp: 77 + 500 * 8 });
    const bytes = Buffer.concat([report, senderDescription(9, clock.cname)]);
    packets.splice(30, 0, { arrivalUs: packets[30]!.arrivalUs, bytes });
  }
  return buildTimeline(packets);
}
const offsets = (...talks: Talk[]) => align(talks.map(talk)).offsetsMs;

describe('alignment', () => {
  it('R-REC-8: streams are placed by arrival, the least delay of each taken', () => {
    const jitter = (index: number) => (index === 0 ? 90 : (index * 7) % 15);
    expect(offsets({ fromMs: 0, seconds: 3 }, { fromMs: 1000, seconds: 3, delayMs: jitter })).toEqual([0, 1000]);
    expect(offsets({ fromMs: 500, seconds: 3 }, { fromMs: 0, seconds: 3 })).toEqual([500, 0]);
    expect(align([talk({ fromMs: 0, seconds: 3 }), talk({ fromMs: 1000, seconds: 3 })])).toMatchObject({
      lengthMs: 4000,
      originMs: wallMs,
    });
  });

  it('R-REC-8: a common sender clock is better than arrival, whatever the clock shows', () => {
    const late = { fromMs: 1000, seconds: 3, delayMs: () => 80 };
    const clock = { cname: 'mcp', atMs: Date.UTC(2030, 0, 1) };
    expect(offsets({ fromMs: 0, seconds: 3 }, late)).toEqual([0, 1080]);
    expect(offsets({ fromMs: 0, seconds: 3, clock }, { ...late, clock })).toEqual([0, 1000]);
    expect(offsets({ fromMs: 0, seconds: 3, clock }, { ...late, clock: { ...clock, cname: 'other' } })).toEqual([
      0, 1080,
    ]);
    expect(
      offsets({ fromMs: 0, seconds: 3, clock }, { ...late, clock: { ...clock, atMs: clock.atMs + 9000 } }),
    ).toEqual([0, 1080]);
  });

  it('R-REC-3: streams faster than real time began as much further apart', () => {
    const [first, second] = offsets({ fromMs: 0, seconds: 40, pace: 4 }, { fromMs: 12_000, seconds: 20, pace: 4 });
    expect(first).toBe(0);
    expect(Math.abs(second! - 12_000)).toBeLessThan(20);
  });

  it('R-REC-3: a first packet that was read late does not move a stream faster than real time', () => {
    const delayMs = (index: number) => (index < 4 ? 15 - 5 * index : 0);
    const [first, second] = offsets({ fromMs: 0, seconds: 8, pace: 4 }, { fromMs: 0, seconds: 8, pace: 4, delayMs });
    expect(Math.abs(first! - second!)).toBeLessThan(1);
  });

  it('R-REC-8: a stream without packets is no trouble', () => {
    expect(align([buildTimeline([]), talk({ fromMs: 0, seconds: 1 })])).toMatchObject({
      offsetsMs: [0, 0],
      lengthMs: 1000,
    });
    expect(align([])).toMatchObject({ offsetsMs: [], lengthMs: 0 });
  });
});
