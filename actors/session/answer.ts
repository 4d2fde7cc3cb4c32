// What a dialog is answered with: the address of each of its streams, on the m-line it came with. Pure.

import { answeredDirection, formatAnswer, type Offer } from '#src/sip';
import { acceptedFormats } from './plan.ts';
import type { SessionState } from './state.ts';

/** The SDP that answers `offer`; the offer itself, seen from here, when it was answered before. */
export function answerOf(state: SessionState, dialog: string, offer: Offer, version: number): string {
  const streams = [...state.streams.values()].filter((stream) => stream.dialog === dialog);
  const byLine = new Map(streams.filter(({ phase }) => phase === 'open').map((stream) => [stream.wanted.line, stream]));
  // A dialog may be without a stream for a while; it was answered with one.
  const address = streams.find((stream) => stream.opened)!.opened!.address;
  return formatAnswer({
    address,
    sessionId: String(Math.floor(state.dialogs.get(dialog)!.invitedMs)),
    version,
    media: offer.media.map((offered, line) => {
      const stream = byLine.get(line);
      if (!stream?.opened || offered.port === 0) return { offered };
      const names = stream.wanted.formats.map((format) => format.codec);
      const formats = acceptedFormats(offered, names);
      if (formats.length === 0) return { offered };
      const { rtpPort, ownKey } = stream.opened;
      const crypto = offered.cryptos?.[0];
      const srtp = stream.wanted.srtp && crypto && ownKey !== undefined ? { srtp: { crypto, ownKey } } : {};
      return {
        offered,
        accepted: {
          address: stream.opened.address,
          port: rtpPort,
          formats,
          direction: answeredDirection(offered.direction),
          ...srtp,
        },
      };
    }),
  });
}
