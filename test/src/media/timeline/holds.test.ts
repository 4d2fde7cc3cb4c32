import { describe, expect, it } from 'vitest';
import { buildRtp } from '#src/media';
import { buildTimeline } from '#src/media/timeline';

/** Ten packets from `atMs` on, the first numbered `sequence`. */
function talk(ssrc: number, sequence: number, atMs: number) {
  return Array.from({ length: 10 }, (_, index) => ({
    arrivalUs: (atMs + 20 * index) * 1_000,
    bytes: buildRtp(
      { payloadType: 0, sequence: sequence + index, timestamp: 8 * (atMs + 20 * index), ssrc },
      Buffer.alloc(160),
    ),
  }));
}

const hold = { fromMs: 1_250, toMs: 2_900 };

describe('a stream that was on hold', () => {
  it('R-SIP-2: whoever comes back with a new count has sent nothing in between', () => {
    const packets = [...talk(1, 0, 1_000), ...talk(2, 7_000, 3_000)];
    expect(buildTimeline(packets).gaps).toHaveLength(1);
    const held = buildTimeline(packets, { holds: [hold] });
    expect(held).toMatchObject({ gaps: [], lengthMs: 2_200, counts: { placed: 20, paused: 0 } });
  });

  it('R-SIP-2: a count that goes on still tells what was lost', () => {
    const packets = [...talk(1, 0, 1_000), ...talk(1, 13, 3_000)];
    const { gaps } = buildTimeline(packets, { holds: [hold] });
    expect(gaps.reduce((sum, gap) => sum + gap.packets, 0)).toBe(3);
  });

  it('R-SIP-2: packets that come during a hold are kept', () => {
    const packets = [...talk(1, 0, 1_000), ...talk(1, 10, 2_000)];
    expect(buildTimeline(packets, { holds: [hold] }).counts).toMatchObject({ placed: 20, paused: 0 });
  });
});

describe('a stream that is paused at its end', () => {
  it('R-REC-6: keeps the length of the pause', () => {
    const { lengthMs, pauses } = buildTimeline(talk(1, 0, 1_000), { pauses: [{ fromMs: 1_200, toMs: 6_000 }] });
    expect({ lengthMs, pauses }).toEqual({ lengthMs: 5_000, pauses: [{ fromMs: 200, toMs: 5_000 }] });
  });

  it('R-REC-6: also when nobody spoke before the pause, between two of them, or after them', () => {
    const pauses = [
      { fromMs: 3_000, toMs: 6_000 },
      { fromMs: 8_000, toMs: 9_000 },
    ];
    expect(buildTimeline(talk(1, 0, 1_000), { pauses }).lengthMs).toBe(8_000);
  });

  it('R-REC-6: but not of one that began long after it was over', () => {
    const pauses = [{ fromMs: 500_000, toMs: 600_000 }];
    expect(buildTimeline(talk(1, 0, 1_000), { pauses })).toMatchObject({ lengthMs: 200, pauses: [] });
  });
});
