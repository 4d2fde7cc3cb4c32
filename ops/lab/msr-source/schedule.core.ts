// Which packets a stream sends in each 20 ms slot of its life: the numbering of RTP (RFC 3550 §5.1) and, for tests, planned
// misfortune: packets lost, doubled, late, and pauses. Never knows the time of day, nor what is in a packet.

/** Misfortune by plan; every number is a slot of 20 ms counted from the stream's first packet (0). */
export interface StreamPlan {
  /** Numbered, but never sent. */
  readonly lost?: readonly number[];
  /** Sent twice. */
  readonly doubled?: readonly number[];
  /** Sent `bySlots` later than it should be, so that packets behind it overtake it. */
  readonly late?: readonly { readonly slot: number; readonly bySlots: number }[];
  /** Nothing is sent, as in silence suppression: timestamps go on, sequence numbers do not. */
  readonly pauses?: readonly { readonly fromSlot: number; readonly slots: number }[];
}

/** Where a stream begins and how fast its timestamps run. */
export interface StreamOrigin {
  readonly sequence: number;
  readonly timestamp: number;
  readonly timestampUnitsPerSlot: number;
}

/** One packet to send now. `slot` is the piece of audio it carries. */
export interface ScheduledPacket {
  readonly slot: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits. */
  readonly timestamp: number;
  /** Set on the first packet after silence (RFC 3551 §4.1). */
  readonly marker: boolean;
}

/** A stream at the start of a slot. */
export interface StreamSchedule {
  readonly slot: number;
  /** Packets numbered so far. */
  readonly numbered: number;
  readonly afterSilence: boolean;
  readonly waiting: readonly { readonly atSlot: number; readonly packet: ScheduledPacket }[];
}

export const scheduleStart: StreamSchedule = { slot: 0, numbered: 0, afterSilence: true, waiting: [] };

/** Advances by one slot: the schedule after it, and the packets to send in it. `speaking` is false on hold and at the end. */
export function nextSlot(
  schedule: StreamSchedule,
  origin: StreamOrigin,
  plan: StreamPlan,
  speaking: boolean,
): [StreamSchedule, readonly ScheduledPacket[]] {
  const { slot, numbered } = schedule;
  const due = schedule.waiting.filter(({ atSlot }) => atSlot <= slot).map(({ packet }) => packet);
  const waiting = due.length === 0 ? schedule.waiting : schedule.waiting.filter(({ atSlot }) => atSlot > slot);
  if (!speaking || plan.pauses?.some(({ fromSlot, slots }) => slot >= fromSlot && slot < fromSlot + slots)) {
    return [{ slot: slot + 1, numbered, afterSilence: true, waiting }, due];
  }
  const packet: ScheduledPacket = {
    slot,
    sequence: (origin.sequence + numbered) & 0xffff,
    timestamp: (origin.timestamp + slot * origin.timestampUnitsPerSlot) >>> 0,
    marker: schedule.afterSilence,
  };
  const next = { slot: slot + 1, numbered: numbered + 1, afterSilence: false, waiting };
  const late = plan.late?.find((one) => one.slot === slot);
  if (late) return [{ ...next, waiting: [...waiting, { atSlot: slot + late.bySlots, packet }] }, due];
  if (plan.lost?.includes(slot)) return [next, due];
  // A late packet comes behind the one of its new slot, or it would not be out of order by as much as planned.
  return [next, plan.doubled?.includes(slot) ? [packet, packet, ...due] : [packet, ...due]];
}
