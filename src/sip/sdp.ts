// SDP offers as a recorder reads them, and the answers it gives (RFC 8866, RFC 3264). Never decides which codec is welcome:
// the caller says so.

import { parse, type RawDescription, type RawMedia } from 'sdp-transform';
import { TwinreelError } from '#src/errors';
import { staticPayloadFormats } from '#src/media/rtp';
import { answeredCrypto, type OfferedCrypto, offeredCryptos } from './sdes.ts';

/** Which way media flows, seen from who wrote the description. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One payload type of an m-line. `clockRateHz` is the RTP clock (8000 for G.722, RFC 3551 §4.5.2). */
export interface PayloadFormat {
  readonly payloadType: number;
  readonly codec: string;
  readonly clockRateHz: number;
  readonly channels: number;
  readonly parameters?: string;
}

/** One m-line of an offer. */
export interface OfferedMedia {
  readonly kind: string;
  readonly protocol: string;
  /** 0: the m-line is switched off. */
  readonly port: number;
  readonly address: string;
  readonly direction: Direction;
  readonly formats: readonly PayloadFormat[];
  readonly label?: string;
  readonly rtcpMux: boolean;
  /** How its packets may be sealed, as far as it is known here, by preference; absent when there is nothing. */
  readonly cryptos?: readonly OfferedCrypto[];
}

/** An offer: its m-lines in order. */
export interface Offer {
  readonly media: readonly OfferedMedia[];
}

/** What an m-line is answered with: where media is received, or undefined to refuse it with port 0. */
export interface AnsweredMedia {
  readonly offered: OfferedMedia;
  readonly accepted?: {
    readonly address: string;
    readonly port: number;
    readonly formats: readonly PayloadFormat[];
    readonly direction: 'recvonly' | 'inactive';
    /** Packets come sealed: what was chosen, and our own key, base64. */
    readonly srtp?: { readonly crypto: OfferedCrypto; readonly ownKey: string };
  };
}

const descriptionBytesMax = 65_536;
const mediaMax = 64;

/**
 * Reads an offer.
 * @throws TwinreelError `sdp-invalid` when there is no m-line, no address, or more than can be handled.
 */
export function parseOffer(text: string): Offer {
  if (text.length > descriptionBytesMax) {
    throw new TwinreelError('sdp-invalid', `SDP of ${text.length} characters; at most ${descriptionBytesMax} are read`);
  }
  const raw = parse(text);
  if (raw.media.length === 0) throw new TwinreelError('sdp-invalid', 'SDP without an m-line; at least one is needed');
  if (raw.media.length > mediaMax) {
    throw new TwinreelError('sdp-invalid', `SDP with ${raw.media.length} m-lines; at most ${mediaMax} are taken`);
  }
  const cryptos = offeredCryptos(text);
  return { media: raw.media.map((media, line) => offeredMedia(media, raw, cryptos[line] ?? [])) };
}

/** The text of an answer: as many m-lines as were offered, in their order, labels kept (RFC 3264 §6, RFC 7866 §7.1.1). */
export function formatAnswer(answer: {
  readonly address: string;
  readonly sessionId: string;
  readonly version: number;
  readonly media: readonly AnsweredMedia[];
}): string {
  const lines = [
    'v=0',
    `o=- ${answer.sessionId} ${answer.version} IN ${family(answer.address)} ${answer.address}`,
    's=phone-call',
    `c=IN ${family(answer.address)} ${answer.address}`,
    't=0 0',
    ...answer.media.flatMap(mediaLines),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Whether the packets of an m-line come sealed by SRTP (RFC 3711), with keys in the description (RFC 4568 §3.1). */
export function isSealed({ protocol }: OfferedMedia): boolean {
  return /^RTP\/SAVPF?$/.test(protocol);
}

/** The direction a recorder answers with: it never sends (RFC 3264 §6.1). */
export function answeredDirection(offered: Direction): 'recvonly' | 'inactive' {
  return offered === 'sendonly' || offered === 'sendrecv' ? 'recvonly' : 'inactive';
}

function offeredMedia(media: RawMedia, session: RawDescription, cryptos: readonly OfferedCrypto[]): OfferedMedia {
  const address = media.connection?.ip ?? session.connection?.ip;
  if (address === undefined) {
    throw new TwinreelError('sdp-invalid', `m=${media.type} ${media.port} has no c= line, nor has the session`);
  }
  if (!Number.isInteger(media.port) || media.port < 0 || media.port > 65_535) {
    throw new TwinreelError('sdp-invalid', `m=${media.type} names port ${media.port}; 0 to 65535 are ports`);
  }
  return {
    kind: media.type,
    protocol: media.protocol,
    port: media.port,
    address,
    direction: directionOf(media.direction ?? session.direction),
    formats: formatsOf(media),
    ...(media.label === undefined ? {} : { label: String(media.label) }),
    rtcpMux: media.rtcpMux !== undefined,
    ...(cryptos.length === 0 ? {} : { cryptos }),
  };
}

function formatsOf(media: RawMedia): PayloadFormat[] {
  return String(media.payloads ?? '')
    .split(' ')
    .filter((text) => /^\d{1,3}$/.test(text))
    .map(Number)
    .filter((payloadType) => payloadType <= 127)
    .flatMap((payloadType) => formatOf(media, payloadType) ?? []);
}

function formatOf(media: RawMedia, payloadType: number): PayloadFormat | undefined {
  const mapped = media.rtp.find((one) => one.payload === payloadType);
  // A static payload type needs no rtpmap (RFC 3551 §6).
  const known = staticPayloadFormats.get(payloadType);
  const codec = mapped?.codec ?? known?.codec;
  const clockRateHz = mapped?.rate ?? known?.clockRateHz;
  if (codec === undefined || !clockRateHz || !(clockRateHz > 0)) return undefined;
  const parameters = media.fmtp.find((one) => one.payload === payloadType)?.config;
  return {
    payloadType,
    codec,
    clockRateHz,
    channels: mapped?.encoding ?? 1,
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function directionOf(text: string | undefined): Direction {
  return text === 'sendonly' || text === 'recvonly' || text === 'inactive' ? text : 'sendrecv';
}

function mediaLines({ offered, accepted }: AnsweredMedia): string[] {
  if (!accepted) {
    const payloads = offered.formats.map((one) => one.payloadType).join(' ') || '0';
    return [`m=${offered.kind} 0 ${offered.protocol} ${payloads}`, ...labelLine(offered)];
  }
  return [
    `m=${offered.kind} ${accepted.port} ${offered.protocol} ${accepted.formats.map((one) => one.payloadType).join(' ')}`,
    `c=IN ${family(accepted.address)} ${accepted.address}`,
    ...accepted.formats.flatMap(formatLines),
    ...(accepted.srtp ? [answeredCrypto(accepted.srtp.crypto, Buffer.from(accepted.srtp.ownKey, 'base64'))] : []),
    ...(offered.rtcpMux ? ['a=rtcp-mux'] : []),
    ...labelLine(offered),
    `a=${accepted.direction}`,
  ];
}

function formatLines(format: PayloadFormat): string[] {
  const channels = format.channels > 1 ? `/${format.channels}` : '';
  const map = `a=rtpmap:${format.payloadType} ${format.codec}/${format.clockRateHz}${channels}`;
  return format.parameters === undefined ? [map] : [map, `a=fmtp:${format.payloadType} ${format.parameters}`];
}

function labelLine(offered: OfferedMedia): string[] {
  return offered.label === undefined ? [] : [`a=label:${offered.label}`];
}

function family(address: string): 'IP4' | 'IP6' {
  return address.includes(':') ? 'IP6' : 'IP4';
}
