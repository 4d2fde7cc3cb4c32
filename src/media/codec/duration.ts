// How long a payload sounds, read from its bytes without decoding it.

import type { PayloadFormat } from '#src/media/rtp';

/** What a payload is to the timeline. */
export type PayloadKind = 'audio' | 'comfort-noise' | 'telephone-event' | 'unknown';

export function kindOf(format: PayloadFormat | undefined): PayloadKind {
  if (!format) return 'unknown';
  if (format.codec === 'CN') return 'comfort-noise';
  if (format.codec === 'TELEPHONE-EVENT') return 'telephone-event';
  return ticksOf.has(format.codec) ? 'audio' : 'unknown';
}

/**
 * Length of a payload in ticks of its RTP clock; 0 for comfort noise, which lasts until the next packet, and for what
 * is no audio.
 */
export function durationTicksOf(format: PayloadFormat, payload: Uint8Array): number {
  return ticksOf.get(format.codec)?.(payload, format) ?? 0;
}

const byteATick = (payload: Uint8Array, format: PayloadFormat) => Math.floor(payload.length / (format.channels ?? 1));

const ticksOf: ReadonlyMap<string, (payload: Uint8Array, format: PayloadFormat) => number> = new Map([
  ['PCMU', byteATick],
  ['PCMA', byteATick],
  // 16 kHz samples, 8 kHz clock, 64 kbit/s (RFC 3551 §4.5.2).
  ['G722', byteATick],
  // Frames of 10 bytes and 10 ms; annex B may end a packet with a 2-byte noise frame of the same length (RFC 3551 §4.5.6).
  ['G729', (payload) => 80 * Math.floor((payload.length + 8) / 10)],
  ['OPUS', opusTicks],
]);

//  0 1 2 3 4 5 6 7
// |  config |s| c |   the first byte (TOC) of an Opus packet, RFC 6716 §3.1
const silkMs = [10, 20, 40, 60];
const celtMs = [2.5, 5, 10, 20];

function opusTicks(payload: Uint8Array): number {
  if (payload.length === 0) return 0;
  const config = payload[0]! >> 3;
  const frameMs = config < 12 ? silkMs[config & 3]! : config < 16 ? [10, 20][config & 1]! : celtMs[config & 3]!;
  const code = payload[0]! & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (payload[1] ?? 0) & 0x3f;
  // RFC 6716 §3.2.5: never more than 120 ms. RFC 7587 §4.1: the clock is 48 kHz whatever the audio.
  return Math.min(120, frames * frameMs) * 48;
}
