import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nextSlot,
  type ScheduledPacket,
  type StreamPlan,
  scheduleStart,
} from '../../../../ops/lab/msr-source/schedule.core.ts';

const origin = { sequence: 65_534, timestamp: 2 ** 32 - 320, timestampUnitsPerSlot: 160 };

function sent(plan: StreamPlan, slots: number, speaking: (slot: number) => boolean = () => true): ScheduledPacket[] {
  const packets: ScheduledPacket[] = [];
  let schedule = scheduleStart;
  for (let slot = 0; slot < slots || schedule.waiting.length > 0; slot += 1) {
    const [next, now] = nextSlot(schedule, origin, plan, slot < slots && speaking(slot));
    packets.push(...now);
    schedule = next;
  }
  return packets;
}

describe('schedule', () => {
  it('numbers packets over the wrap of sequence number and timestamp', () => {
    expect(sent({}, 4)).toEqual([
      { slot: 0, sequence: 65_534, timestamp: 2 ** 32 - 320, marker: true },
      { slot: 1, sequence: 65_535, timestamp: 2 ** 32 - 160, marker: false },
      { slot: 2, sequence: 0, timestamp: 0, marker: false },
      { slot: 3, sequence: 1, timestamp: 160, marker: false },
    ]);
  });

  it('a lost packet leaves a gap in the sequence, a doubled one comes twice', () => {
    expect(sent({ lost: [1], doubled: [2] }, 4).map(({ sequence }) => sequence)).toEqual([65_534, 0, 0, 1]);
  });

  it('a late packet is overtaken by as many as planned', () => {
    expect(sent({ late: [{ slot: 1, bySlots: 2 }] }, 5).map(({ slot }) => slot)).toEqual([0, 2, 3, 1, 4]);
  });

  it('late packets come even after the last slot', () => {
    expect(sent({ late: [{ slot: 2, bySlots: 5 }] }, 3).map(({ slot }) => slot)).toEqual([0, 1, 2]);
  });

  it('a pause moves timestamps but not sequence numbers, and ends with a marker', () => {
    const packets = sent({ pauses: [{ fromSlot: 1, slots: 3 }] }, 6);
    expect(packets.map(({ sequence, marker }) => [sequence, marker])).toEqual([
      [65_534, true],
      [65_535, true],
      [0, false],
    ]);
    expect(packets[1]!.timestamp - packets[0]!.timestamp + 2 ** 32).toBe(4 * 160);
  });

  it('being on hold is a pause', () => {
    const held = sent({}, 6, (slot) => slot < 1 || slot > 3);
    expect(held).toEqual(sent({ pauses: [{ fromSlot: 1, slots: 3 }] }, 6));
  });

  it('for any plan: every slot spoken in is sent once, or planned to be lost or doubled', () => {
    const slot = fc.nat(30);
    const plans = fc.record({
      lost: fc.array(slot, { maxLength: 5 }),
      doubled: fc.array(slot, { maxLength: 5 }),
      late: fc.array(fc.record({ slot, bySlots: fc.integer({ min: 1, max: 5 }) }), { maxLength: 5 }),
      pauses: fc.array(fc.record({ fromSlot: slot, slots: fc.nat(5) }), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(plans, (plan) => {
        const counts = new Map<number, number>();
        for (const packet of sent(plan, 31)) counts.set(packet.slot, (counts.get(packet.slot) ?? 0) + 1);
        for (let slot = 0; slot <= 30; slot += 1) {
          const silent = plan.pauses.some(({ fromSlot, slots }) => slot >= fromSlot && slot < fromSlot + slots);
          const late = plan.late.some((one) => one.slot === slot);
          const lost = plan.lost.includes(slot) && !late;
          const doubled = plan.doubled.includes(slot) && !late;
          expect(counts.get(slot) ?? 0).toBe(silent || lost ? 0 : doubled ? 2 : 1);
        }
      }),
      { seed: 20_261, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 100 },
    );
  });
});
