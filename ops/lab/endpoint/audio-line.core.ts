// One line of audio between two parties, offered and answered (RFC 3264): which codecs, which way, where to. Offers of more
// than audio are answered for their first audio line; the other lines are refused with port 0.

import { staticPayloadFormats } from '#src/media';
import type { Direction, Offer, OfferedMedia, PayloadFormat } from '#src/sip';

/** This side of a line. */
export interface AudioLine {
  readonly address: string;
  readonly port: number;
  readonly sessionId: number;
  /** Rises by one with each change (RFC 3264 §8). */
  readonly version: number;
  readonly direction: Direction;
}

/** What the other side said. */
export interface AudioParticulars {
  /** Where its packets are to go. */
  readonly target: { readonly address: string; readonly port: number };
  /** Which way, seen from the other side. */
  readonly direction: Direction;
}

/** What both sides can do. */
export interface NegotiatedAudio extends AudioParticulars {
  /** The codec to send, and the one expected. */
  readonly format: PayloadFormat;
  /** Both sides understand digits (RFC 4733), under {@link telephoneEvent}. */
  readonly digits: boolean;
}

/** Digits, as every offer of the lab names them. */
export const telephoneEvent: PayloadFormat = {
  payloadType: 101,
  codec: 'telephone-event',
  clockRateHz: 8000,
  channels: 1,
  parameters: '0-15',
};

/** The format of a codec that has a static payload type (RFC 3551 §6). Throws Error for others. */
export function staticFormat(codec: string): PayloadFormat {
  for (const [payloadType, format] of staticPayloadFormats)
    if (format.codec === codec) return { channels: 1, ...format, payloadType };
  throw new Error(`no static payload type for ${codec}`);
}

/** An offer of these formats, by preference. */
export function audioOffer(line: AudioLine, formats: readonly PayloadFormat[]): string {
  return description(line, [audioLines(line, [...formats, telephoneEvent])]);
}

/**
 * The first audio line of an offer, or of an answer, in clear, with the first of its codecs that is among `codecs`; undefined when there is none.
 * Its payload type is the offer's.
 */
export function negotiate(offer: Offer, codecs: readonly string[]): NegotiatedAudio | undefined {
  const media = offer.media.find(isAudible);
  const format = media?.formats.find(({ codec }) => codecs.includes(codec));
  if (!media || !format) return undefined;
  const { direction, address, port, formats } = media;
  const digits = formats.some(
    ({ codec, payloadType }) => codec === telephoneEvent.codec && payloadType === telephoneEvent.payloadType,
  );
  // RFC 2543's way to hold: nothing is to be sent to nowhere.
  const isNowhere = address === '0.0.0.0';
  return { format, digits, target: { address, port }, direction: isNowhere ? 'inactive' : direction };
}

/** The answer to `offer`: `negotiated` for its line, every other line refused. */
export function audioAnswer(offer: Offer, line: AudioLine, negotiated: NegotiatedAudio): string {
  const answered = offer.media.find(isAudible);
  const formats = [negotiated.format, ...(negotiated.digits ? [telephoneEvent] : [])];
  const media = offer.media.map((one) =>
    one === answered
      ? audioLines(line, formats)
      : [`m=${one.kind} 0 ${one.protocol} ${one.formats[0]?.payloadType ?? 0}`],
  );
  return description(line, media);
}

/** The direction to answer with, when this side would rather have `wanted` (RFC 3264 §6.1). */
export function mirrored(offered: Direction, wanted: Direction = 'sendrecv'): Direction {
  const sends = (offered === 'sendrecv' || offered === 'recvonly') && (wanted === 'sendrecv' || wanted === 'sendonly');
  const hears = (offered === 'sendrecv' || offered === 'sendonly') && (wanted === 'sendrecv' || wanted === 'recvonly');
  if (sends) return hears ? 'sendrecv' : 'sendonly';
  return hears ? 'recvonly' : 'inactive';
}

function isAudible({ kind, port, protocol }: OfferedMedia): boolean {
  return kind === 'audio' && port > 0 && protocol === 'RTP/AVP';
}

function description({ address, sessionId, version }: AudioLine, media: readonly (readonly string[])[]): string {
  const session = ['v=0', `o=- ${sessionId} ${version} IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  return `${[...session, ...media.flat()].join('\r\n')}\r\n`;
}

function audioLines({ port, direction }: AudioLine, formats: readonly PayloadFormat[]): string[] {
  return [
    `m=audio ${port} RTP/AVP ${formats.map(({ payloadType }) => payloadType).join(' ')}`,
    ...formats.flatMap(({ payloadType, codec, clockRateHz, parameters }) => [
      `a=rtpmap:${payloadType} ${codec}/${clockRateHz}`,
      ...(parameters === undefined ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
    ]),
    'a=ptime:20',
    `a=${direction}`,
  ];
}
