// Builds the timeline of one stream from its packets as they arrived. Memory grows by two numbers a packet; payloads are
// not kept. Nothing a packet says may make it throw.

import { kindOf } from '#src/media/codec';
import {
  formatOf,
  isRtcp,
  type PayloadMap,
  parseRtcp,
  parseRtp,
  type RtcpCompound,
  type SenderReport,
} from '#src/media/rtp';
import { layOut } from './axis.ts';
import { headOf, type PacketHead } from './packet-head.ts';
import type { PlacedPacket, Run } from './run.ts';
import { Source } from './source.ts';
import type { PacketCounts, SenderClock, Timeline, WallInterval } from './timeline.ts';

/** A datagram of one stream. */
export interface ArrivedPacket {
  /** Wall clock, microseconds since 1970. */
  readonly arrivalUs: number;
  readonly bytes: Buffer;
}

export interface TimelineOptions {
  /** What the session negotiated; the static types of RFC 3551 need no entry. */
  readonly payloads?: PayloadMap;
  /** Pauses of the recording by the wall clock. Packets that arrived within one are left out. */
  readonly pauses?: readonly WallInterval[];
  /** When the sender said that it sends nothing: silence then is no loss, unless sequence numbers say so. */
  readonly holds?: readonly WallInterval[];
}

/** The timeline of packets in order of arrival. RTCP may be among them. */
export function buildTimeline(packets: Iterable<ArrivedPacket>, options: TimelineOptions = {}): Timeline {
  const builder = new TimelineBuilder(options);
  for (const packet of packets) builder.add(packet);
  return builder.finish();
}

// SSRCs followed in one stream; more is an attack or nonsense.
const sourcesMax = 64;
// Sender reports kept; one is enough, the first that fits is used.
const senderReportsMax = 64;

type Content = Pick<PlacedPacket, 'codec' | 'kind' | 'clockRateHz'>;

/** The same, packet by packet: `add`, or one of the others for a packet that was read already, in order of arrival; then `finish` once. */
export class TimelineBuilder {
  readonly #payloads: PayloadMap | undefined;
  /** By payload type, those that came. */
  readonly #contents: Content[] = [];
  readonly #pauses: readonly WallInterval[];
  readonly #holds: readonly WallInterval[];
  readonly #sources = new Map<number, Source>();
  readonly #senderReports: SenderReport[] = [];
  readonly #cnames = new Map<number, string>();
  readonly #counts: PacketCounts = {
    placed: 0,
    duplicates: 0,
    strays: 0,
    malformed: 0,
    unknown: 0,
    paused: 0,
    rtcp: 0,
  };
  readonly #startMs: number[] = [];
  readonly #run: (Run | undefined)[] = [];

  constructor(options: TimelineOptions = {}) {
    this.#payloads = options.payloads;
    this.#pauses = options.pauses ?? [];
    this.#holds = options.holds ?? [];
  }

  add({ arrivalUs, bytes }: ArrivedPacket): void {
    if (isRtcp(bytes)) {
      this.addControl(parseRtcp(bytes));
      return;
    }
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') this.addUnplaced(arrivalUs / 1000, 'malformed');
    else this.addMedia(arrivalUs / 1000, headOf(packet, this.#payloads));
  }

  addMedia(arrivalMs: number, head: PacketHead): void {
    const ordinal = this.#next();
    if (this.#isPaused(arrivalMs)) {
      this.#counts.paused++;
      return;
    }
    const source = this.#sources.get(head.ssrc) ?? this.#newSource(head.ssrc);
    if (!source) {
      this.#counts.strays++;
      return;
    }
    const { ssrc, sequence, timestamp, payloadType, ticks, event } = head;
    const { codec, kind, clockRateHz } = this.#contentOf(payloadType);
    source.sequencer.push({
      ordinal,
      arrivalMs,
      ssrc,
      sequence,
      timestamp,
      payloadType,
      codec,
      kind,
      clockRateHz,
      ticks,
      event,
    });
  }

  /** A datagram that has no place whatever it says. */
  addUnplaced(arrivalMs: number, what: 'malformed' | 'strays'): void {
    this.#next();
    if (this.#isPaused(arrivalMs)) this.#counts.paused++;
    else this.#counts[what]++;
  }

  addControl({ senderReports, cnames }: Pick<RtcpCompound, 'senderReports' | 'cnames'>): void {
    this.#next();
    this.#counts.rtcp++;
    for (const { ssrc, cname } of cnames) {
      if (this.#cnames.size < sourcesMax) this.#cnames.set(ssrc, cname);
    }
    for (const report of senderReports) {
      if (this.#senderReports.length < senderReportsMax) this.#senderReports.push(report);
    }
  }

  finish(): Timeline {
    for (const source of this.#sources.values()) source.sequencer.flush();
    const sources = [...this.#sources.values()];
    const axis = layOut(
      sources.flatMap(({ runs }) => runs),
      this.#pauses,
      this.#holds,
    );
    const ordered = [...axis.shiftMsOf.keys()];
    const sum = (count: (source: Source) => number) => sources.reduce((total, source) => total + count(source), 0);
    const runOf = this.#run.map((run) => (run ? axis.indexOf.get(run)! : -1));
    const startMs = this.#startMs.map((ms, ordinal) => ms + (axis.shiftMsOf.get(this.#run[ordinal]!) ?? 0));
    const shifted = <T>(pick: (run: Run, shiftMs: number) => T[]) =>
      ordered.flatMap((run) => pick(run, axis.shiftMsOf.get(run)!));
    const senderClock = this.#senderClock(ordered, axis.shiftMsOf);
    return {
      lengthMs: [...axis.runs, ...axis.pauses].reduce((lengthMs, { toMs }) => Math.max(lengthMs, toMs), 0),
      originMs: axis.originMs,
      pace: axis.pace,
      ...(senderClock && { senderClock }),
      spans: shifted(({ ssrc, spans }, shiftMs) =>
        spans.map((span) => ({ ...span, ssrc, fromMs: span.fromMs + shiftMs, toMs: span.toMs + shiftMs })),
      ),
      gaps: axis.gaps,
      pauses: axis.pauses,
      events: shifted(({ events }, shiftMs) =>
        events.map(({ atMs, code, durationMs }) => ({ atMs: atMs + shiftMs, event: code, durationMs })),
      ),
      runs: axis.runs,
      counts: {
        ...this.#counts,
        duplicates: sum(({ sequencer }) => sequencer.duplicates),
        strays: this.#counts.strays + sum(({ sequencer }) => sequencer.strays),
      },
      late: sum(({ sequencer }) => sequencer.late),
      startMs,
      runOf,
    };
  }

  #next(): number {
    this.#run.push(undefined);
    return this.#startMs.push(Number.NaN) - 1;
  }

  #contentOf(payloadType: number): Content {
    let content = this.#contents[payloadType];
    if (!content) {
      const format = formatOf(payloadType, this.#payloads);
      content = { codec: format?.codec ?? '', kind: kindOf(format), clockRateHz: format?.clockRateHz ?? 0 };
      this.#contents[payloadType] = content;
    }
    return content;
  }

  #isPaused(arrivalMs: number): boolean {
    return this.#pauses.some(({ fromMs, toMs }) => arrivalMs >= fromMs && arrivalMs < toMs);
  }

  #newSource(ssrc: number): Source | undefined {
    if (this.#sources.size >= sourcesMax) return undefined;
    const source = new Source((packet, run, startMs) => this.#placed(packet, run, startMs));
    this.#sources.set(ssrc, source);
    return source;
  }

  #placed(packet: PlacedPacket, run: Run | undefined, startMs: number): void {
    if (run) this.#counts.placed++;
    else this.#counts.unknown++;
    this.#startMs[packet.ordinal] = startMs;
    this.#run[packet.ordinal] = run;
  }

  #senderClock(runs: readonly Run[], shiftMsOf: ReadonlyMap<Run, number>): SenderClock | undefined {
    for (const { ssrc, ntpMs, rtpTimestamp } of this.#senderReports) {
      const cname = this.#cnames.get(ssrc);
      const run = runs.find((one) => one.ssrc === ssrc);
      if (cname && run) return { cname, originMs: ntpMs - run.positionMsOf(rtpTimestamp) - shiftMsOf.get(run)! };
    }
    return undefined;
  }
}
