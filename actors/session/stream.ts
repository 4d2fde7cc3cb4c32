// A stream of a session, from the wish to what capture counted: what offers change about it while it runs. Pure.

import type { Position } from '#src/journal';
import type { SrtpKey } from '#src/media/srtp';
import type { Direction, Offer, PayloadFormat } from '#src/sip';
import type { EndReason, OpenedStream, StreamCounters, WantedStream } from './session.protocol.ts';

export interface StreamState {
  readonly phase: 'wanted' | 'open' | 'ending' | 'closed';
  readonly wanted: WantedStream;
  readonly dialog: string;
  readonly wantedMs: number;
  /** Labels its m-line has had. */
  readonly labels: readonly string[];
  readonly holds: readonly Hold[];
  readonly opened?: OpenedStream;
  readonly closed?: { readonly counters: StreamCounters; readonly to: Position };
  readonly endedMs?: number;
  readonly endReason?: EndReason;
}

/** A stretch of wall-clock time for which its sender said that it sends nothing; `toMs` is absent while it lasts. */
export interface Hold {
  readonly fromMs: number;
  readonly toMs?: number;
}

/** A stream that is wanted since `atMs`, on its m-line of `offer`. */
export function wantedStream(wanted: WantedStream, dialog: string, offer: Offer, atMs: number): StreamState {
  const holds = wanted.held ? [{ fromMs: atMs }] : [];
  return { phase: 'wanted', wanted, dialog, wantedMs: atMs, labels: labelsOf(offer, wanted.line), holds };
}

/** The stream after a new offer that keeps its m-line. It never forgets a format: packets of before are still to be read. */
export function reOffered(
  stream: StreamState,
  offer: Offer,
  formats: readonly PayloadFormat[],
  atMs: number,
  rekeyed?: SrtpKey,
): StreamState {
  const { wanted, labels, holds } = stream;
  return {
    ...stream,
    wanted: { ...wanted, formats: withFormats(wanted.formats, formats), ...(rekeyed ? { srtp: rekeyed } : {}) },
    labels: [...new Set([...labels, ...labelsOf(offer, wanted.line)])],
    holds: withHold(holds, isHeld(offer.media[wanted.line]?.direction ?? 'inactive'), atMs),
  };
}

/** Whether the sender of an offer says that it will send nothing. */
export function isHeld(direction: Direction): boolean {
  return direction === 'inactive' || direction === 'recvonly';
}

/** Whether its sender has said that it sends nothing, and not taken it back. */
export function isOnHold({ holds }: StreamState): boolean {
  return holds.some((hold) => hold.toMs === undefined);
}

/** Until when it was on hold, wall clock; undefined when it never was, or still is. */
export function heldUntilMs(stream: StreamState): number | undefined {
  return isOnHold(stream) ? undefined : stream.holds.at(-1)?.toMs;
}

/** Wanted of capture, or held by it. */
export function isRunning({ phase }: StreamState): boolean {
  return phase === 'wanted' || phase === 'open';
}

/** Capture said that it did not open it. */
export function isRefused({ opened, endReason }: StreamState): boolean {
  return opened === undefined && endReason === 'refused';
}

/** The label of an m-line (RFC 4574); where no m-line has one, they are known by their place, counted from 1. */
function labelsOf({ media }: Offer, line: number): readonly string[] {
  const label = media[line]?.label;
  if (label !== undefined) return [label];
  return media.some((one) => one.label !== undefined) ? [] : [String(line + 1)];
}

/** A payload type that comes again with another meaning has the new one. */
function withFormats(before: readonly PayloadFormat[], news: readonly PayloadFormat[]): readonly PayloadFormat[] {
  const byType = new Map(before.map((format) => [format.payloadType, format]));
  for (const format of news) byType.set(format.payloadType, format);
  return [...byType.values()];
}

function withHold(holds: readonly Hold[], held: boolean, atMs: number): readonly Hold[] {
  const lasts = holds.some((hold) => hold.toMs === undefined);
  if (held === lasts) return holds;
  if (held) return [...holds, { fromMs: atMs }];
  return holds.map((hold) => (hold.toMs === undefined ? { ...hold, toMs: atMs } : hold));
}
