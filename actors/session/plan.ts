// What of an offer is worth recording: which m-lines, in which of their formats, and whose voice each one carries.

import { nameOf } from '#src/ids';
import { type SrtpKey, srtpSuites } from '#src/media/srtp';
import { isSealed, type MsrInvite, type Offer, type OfferedMedia, type PayloadFormat } from '#src/sip';
import type { WantedStream } from './session.protocol.ts';
import { isHeld } from './stream.ts';

/** The streams to open, or why the whole offer is refused. */
export type Plan =
  | { readonly type: 'accepted'; readonly streams: readonly WantedStream[] }
  | { readonly type: 'refused'; readonly status: 488; readonly reason: string };

/** Formats that accompany audio and carry none themselves (RFC 3389, RFC 4733). */
const companions = new Set(['cn', 'telephone-event']);

/** What a new offer means for the streams of a dialog that runs, or why all of it is refused. */
export type Change =
  | {
      readonly type: 'accepted';
      readonly kept: readonly KeptStream[];
      readonly added: readonly WantedStream[];
      readonly removed: readonly string[];
    }
  | { readonly type: 'refused'; readonly status: 488 | 503; readonly reason: string };

/** A stream that goes on. `movedTo`: its peer sends from there now. `rekeyed`: and seals with that. */
export interface KeptStream {
  readonly stream: string;
  readonly formats: readonly PayloadFormat[];
  readonly movedTo?: { readonly address: string; readonly port: number };
  readonly rekeyed?: SrtpKey;
}

/** Plans the streams of a dialog. `codecs` are the accepted names; order and payload types stay the offerer's. */
export function planStreams(dialog: string, msr: MsrInvite, offer: Offer, codecs: readonly string[]): Plan {
  const streams = offer.media.flatMap((media, line) => plannedLine(dialog, msr, media, line, codecs) ?? []);
  return streams.length > 0 ? { type: 'accepted', streams } : notAcceptable(offer, codecs);
}

/**
 * Plans what changes with the offer of that `version`: streams whose m-line is switched off, gone or unreadable end, m-lines
 * without a stream get one while there is `room`. An offer that switches everything off is fine (RFC 7866 §10: a recording
 * session may wait for its next call); one of which nothing can be recorded is not.
 */
export function planChange(
  dialog: string,
  msr: MsrInvite,
  offers: { readonly before: Offer; readonly after: Offer; readonly version: number },
  running: readonly WantedStream[],
  { codecs, room }: { readonly codecs: readonly string[]; readonly room: number },
): Change {
  const { before, after, version } = offers;
  // Whether packets are sealed cannot change for a stream: what was sealed and what was not must never be mistaken.
  const goesOn = ({ line, srtp }: WantedStream) =>
    after.media[line] &&
    isRecordable(after.media[line], codecs) &&
    (srtp !== undefined) === isSealed(after.media[line]);
  const kept = running.filter(goesOn).map(({ stream, line, srtp: key }): KeptStream => {
    const media = after.media[line]!;
    const { address, port } = media;
    const moved = address !== before.media[line]?.address || port !== before.media[line]?.port;
    const { srtp } = sealOf(media);
    return {
      stream,
      formats: acceptedFormats(media, codecs),
      ...(moved ? { movedTo: { address, port } } : {}),
      ...(srtp && !isSameKey(srtp, key) ? { rekeyed: srtp } : {}),
    };
  });
  const removed = running.filter((one) => !goesOn(one)).map(({ stream }) => stream);
  const lines = new Set(running.filter(goesOn).map(({ line }) => line));
  const wanted = after.media.flatMap((media, line) => {
    const planned = lines.has(line) ? undefined : plannedLine(dialog, msr, media, line, codecs);
    // The first stream of a place is named by it; whoever comes later by the offer that brought it, too.
    return planned ? [{ ...planned, stream: nameOf('stream', dialog, String(line), String(version)) }] : [];
  });
  const added = wanted.slice(0, room + removed.length);
  if (kept.length + added.length > 0 || after.media.every(({ port }) => port === 0)) {
    return { type: 'accepted', kept, added, removed };
  }
  return wanted.length > 0
    ? { type: 'refused', status: 503, reason: `no room for ${wanted.length} more streams` }
    : notAcceptable(after, codecs);
}

/** The formats of an m-line that are accepted, or none when no real codec is among them. */
export function acceptedFormats(media: OfferedMedia, codecs: readonly string[]): readonly PayloadFormat[] {
  const names = new Set(codecs.map((codec) => codec.toLowerCase()));
  const formats = media.formats.filter((format) => names.has(format.codec.toLowerCase()));
  return formats.some((format) => !companions.has(format.codec.toLowerCase())) ? formats : [];
}

/** Whether audio of an m-line is received that can be recorded. */
function isRecordable(media: OfferedMedia, codecs: readonly string[]): boolean {
  const { kind, port, protocol, cryptos = [] } = media;
  const isTaken = /^RTP\/AVPF?$/.test(protocol) || (isSealed(media) && cryptos.length > 0);
  return kind === 'audio' && port !== 0 && isTaken && acceptedFormats(media, codecs).length > 0;
}

/** What the packets of an m-line are sealed with: of what is offered the first that is known here. */
function sealOf(media: OfferedMedia): { readonly srtp?: SrtpKey } {
  const key = isSealed(media) ? media.cryptos?.[0]?.key : undefined;
  return key === undefined ? {} : { srtp: key };
}

function isSameKey(one: SrtpKey, other: SrtpKey | undefined): boolean {
  return one.suite === other?.suite && one.keyAndSalt === other.keyAndSalt && one.identifier === other.identifier;
}

function notAcceptable(offer: Offer, codecs: readonly string[]): Plan & { type: 'refused' } {
  const offered = offer.media.map(
    (media) => `m=${media.kind} ${media.protocol} ${media.formats.map((one) => one.codec).join('/')}`,
  );
  const reason = `none of ${offered.join(', ')} is accepted here; accepted are ${codecs.join(', ')} as audio over RTP/AVP or RTP/AVPF, or over RTP/SAVP or RTP/SAVPF with a key in SDP (${Object.keys(srtpSuites).join(', ')})`;
  return { type: 'refused', status: 488, reason };
}

function plannedLine(
  dialog: string,
  msr: MsrInvite,
  media: OfferedMedia,
  line: number,
  codecs: readonly string[],
): WantedStream | undefined {
  if (!isRecordable(media, codecs)) return undefined;
  return {
    stream: nameOf('stream', dialog, String(line)),
    line,
    party: partyOf(msr, line),
    ...(media.label === undefined ? {} : { label: media.label }),
    formats: acceptedFormats(media, codecs),
    peer: { address: media.address, port: media.port },
    rtcpMux: media.rtcpMux,
    held: isHeld(media.direction),
    ...sealOf(media),
  };
}

/** Per-party dialogs carry `dn`; a single dialog carries `dn` first and `otherDN` second. Metadata may tell better later. */
function partyOf(msr: MsrInvite, line: number): string {
  return [msr.dn, msr.otherDn][line] ?? `party-${line + 1}`;
}
