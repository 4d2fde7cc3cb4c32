// The words of the timeline: what is known of one stream after all its packets are in. Times are milliseconds on the
// stream's own axis, 0 at its first packet; they come from RTP timestamps, never from arrival, except where said.

/** An interval of the wall clock, milliseconds since 1970. */
export interface WallInterval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** An interval of the stream's axis. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Continuous audio of one source and one codec. */
export interface Span extends Interval {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly codec: string;
  readonly packets: number;
}

/**
 * Audio that was sent and is not here. `exact`: sequence numbers and timestamps both account for it. `estimated`: only
 * one of them does, or the place comes from arrival (another SSRC, a timestamp that starts anew, the edge of a pause).
 */
export type Gap = Interval & { readonly packets: number } & (
    | { readonly certainty: 'exact' }
    | { readonly certainty: 'estimated'; readonly plusMinusMs: number }
  );

/** A telephone event (RFC 4733), one entry however many packets carried it. */
export interface TelephoneEvent {
  readonly atMs: number;
  /** 0 to 9, 10 = `*`, 11 = `#`, 12 to 15 = A to D, 16 = flash. */
  readonly event: number;
  readonly durationMs: number;
}

/** One unbroken count of timestamps of one SSRC; a decoder keeps its state within a run. */
export interface RunSummary extends Interval {
  readonly ssrc: number;
  readonly packets: number;
  /** How the run was placed behind the one before: by nothing (the first), by count, or by arrival. */
  readonly placedBy: 'origin' | 'sequence' | 'arrival';
}

/** What became of the packets. Their sum is the number of packets added. */
export interface PacketCounts {
  /** Placed on the axis: audio, comfort noise and telephone events. */
  placed: number;
  duplicates: number;
  /** Far from all other sequence numbers, or of more SSRCs than are followed. */
  strays: number;
  /** False lengths, no RTP. */
  malformed: number;
  /** Payload types nobody mapped. */
  unknown: number;
  /** Arrived within a pause: not part of the recording. */
  paused: number;
  rtcp: number;
}

/** The sender's own clock, from an RTCP sender report: comparable between streams of one CNAME. */
export interface SenderClock {
  readonly cname: string;
  /** NTP time, in milliseconds since 1970, at 0 ms of the axis. */
  readonly originMs: number;
}

/** One stream, laid out. */
export interface Timeline {
  readonly lengthMs: number;
  /** Wall clock at 0 ms of the axis, the network's delay at its least. NaN when nothing was placed. */
  readonly originMs: number;
  /** Media time passing per wall time: 1, or more when the sender is faster than real time. */
  readonly pace: number;
  readonly senderClock?: SenderClock;
  readonly spans: readonly Span[];
  readonly gaps: readonly Gap[];
  readonly pauses: readonly Interval[];
  readonly events: readonly TelephoneEvent[];
  readonly runs: readonly RunSummary[];
  readonly counts: PacketCounts;
  /** Packets that came after a higher sequence number. */
  readonly late: number;
  /** For each packet in the order added: where its audio begins, NaN if it has none. */
  readonly startMs: readonly number[];
  /** For each packet in the order added: index into `runs`, -1 if not placed. */
  readonly runOf: readonly number[];
}
