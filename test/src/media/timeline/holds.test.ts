import { describe, expect, it } from 'vitest';
import { buildRtp } from '#src/media';
import { buildTimeline } from '#src/media/timeline';

/** Ten packets from `atMs` on, the first numbered `sequence`; by the sender's clock they are spoken from `spokenMs` on. */
function talk(ssrc: number, sequence: number, atMs: number, spokenMs = atMs) {
  return Array.from({ length: 10 }, (_, index) => ({
    arrivalUs: (atMs + 20 * index) * 1_000,
    bytes: buildRtp(
      { payloadType: 0, sequence: sequence + index, timestamp: 8 * (spokenMs + 20 * index), ssrc },
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

  it('R-REC-3: whose clock stands still while it is on hold comes back as late as it came, and nothing is missing', () => {
    const packets = [...talk(1, 0, 1_000), ...talk(1, 10, 9_200, 1_200), ...talk(1, 20, 60_000, 1_400)];
    const { gaps, lengthMs, startMs, runs } = buildTimeline(packets);
    expect({ gaps, lengthMs }).toEqual({ gaps: [], lengthMs: 59_200 });
    expect([startMs[9], startMs[10], startMs[20]]).toEqual([180, 8_200, 59_000]);
    expect(runs.map(({ placedBy }) => placedBy)).toEqual(['origin', 'arrival', 'arrival']);
  });

  it('R-REC-3: what only the network held back is where it was spoken', () => {
    const late = talk(1, 10, 1_200).map((packet) => ({ ...packet, arrivalUs: 5_000_000 }));
    const { gaps, lengthMs } = buildTimeline([...talk(1, 0, 1_000), ...late, ...talk(1, 20, 5_020, 1_400)]);
    expect(lengthMs).toBeGreaterThan(4_000);
    const rush = Array.from({ length: 20 }, (_, index) => talk(1, 10 + 10 * index, 1_200 + 200 * index)).flat();
    const caughtUp = rush.map((packet) => ({ ...packet, arrivalUs: Math.max(packet.arrivalUs, 5_000_000) }));
    expect(buildTimeline([...talk(1, 0, 1_000), ...caughtUp])).toMatchObject({ gaps: [], lengthMs: 4_200 });
    expect(gaps).toEqual([]);
  });

  it('R-REC-3: a sender faster than real time may make a break', () => {
    const fast = (sequence: number, atMs: number) =>
      Array.from({ length: 100 }, (_, index) => ({
        arrivalUs: (atMs + 5 * index) * 1_000,
        bytes: buildRtp(
          { payloadType: 0, sequence: sequence + index, timestamp: 160 * (sequence + index), ssrc: 1 },
          Buffer.alloc(160),
        ),
      }));
    expect(buildTimeline([...fast(0, 1_000), ...fast(100, 4_000)])).toMatchObject({ gaps: [], lengthMs: 4_000 });
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
