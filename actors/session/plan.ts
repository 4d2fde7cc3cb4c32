// What of an offer is worth recording: which m-lines, in which of their formats, and whose voice each one carries.

import { nameOf } from '#src/ids';
import type { MsrInvite, Offer, OfferedMedia, PayloadFormat } from '#src/sip';
import type { WantedStream } from './session.protocol.ts';

/** The streams to open, or why the whole offer is refused. */
export type Plan =
  | { readonly type: 'accepted'; readonly streams: readonly WantedStream[] }
  | { readonly type: 'refused'; readonly status: 488; readonly reason: string };

/** Formats that accompany audio and carry none themselves (RFC 3389, RFC 4733). */
const companions = new Set(['cn', 'telephone-event']);

/** Plans the streams of a dialog. `codecs` are the accepted names; order and payload types stay the offerer's. */
export function planStreams(dialog: string, msr: MsrInvite, offer: Offer, codecs: readonly string[]): Plan {
  const streams = offer.media.flatMap((media, line) => plannedLine(dialog, msr, media, line, codecs) ?? []);
  if (streams.length > 0) return { type: 'accepted', streams };
  const offered = offer.media.map(
    (media) => `m=${media.kind} ${media.protocol} ${media.formats.map((one) => one.codec).join('/')}`,
  );
  const reason = `none of ${offered.join(', ')} is accepted here; accepted are ${codecs.join(', ')} as RTP/AVP or RTP/AVPF audio`;
  return { type: 'refused', status: 488, reason };
}

/** The formats of an m-line that are accepted, or none when no real codec is among them. */
export function acceptedFormats(media: OfferedMedia, codecs: readonly string[]): readonly PayloadFormat[] {
  const names = new Set(codecs.map((codec) => codec.toLowerCase()));
  const formats = media.formats.filter((format) => names.has(format.codec.toLowerCase()));
  return formats.some((format) => !companions.has(format.codec.toLowerCase())) ? formats : [];
}

function plannedLine(
  dialog: string,
  msr: MsrInvite,
  media: OfferedMedia,
  line: number,
  codecs: readonly string[],
): WantedStream | undefined {
  if (media.kind !== 'audio' || media.port === 0 || !/^RTP\/AVPF?$/.test(media.protocol)) return undefined;
  const formats = acceptedFormats(media, codecs);
  if (formats.length === 0) return undefined;
  return {
    stream: nameOf('stream', dialog, String(line)),
    line,
    party: partyOf(msr, line),
    ...(media.label === undefined ? {} : { label: media.label }),
    formats,
    peer: { address: media.address, port: media.port },
    rtcpMux: media.rtcpMux,
    held: media.direction === 'inactive' || media.direction === 'recvonly',
  };
}

/** Per-party dialogs carry `dn`; a single dialog carries `dn` first and `otherDN` second. */
function partyOf(msr: MsrInvite, line: number): string {
  return (line === 0 ? msr.dn : msr.otherDn) ?? `party-${line + 1}`;
}
