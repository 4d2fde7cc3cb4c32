// The session that leaves a given take behind: as facts, while its call runs and when it is over, and as a state.

import { apply, type SessionFact, type SessionState } from '#actors/session';
import type { Take } from '#src/recording';
import { parseMsrInvite, parseOffer } from '#src/sip';

/** Its streams are closed, it waits to be finished. */
export function sessionOf(take: Take): SessionState {
  return [...running(take), ...ended(take)].reduce<SessionState | undefined>(apply, undefined)!;
}

/** The call is answered, its streams are open. */
export function running({ take, recordingId, tenant, node, startedMs, streams }: Take): SessionFact[] {
  const msr = parseMsrInvite(`sip:record=${recordingId}@h`, []);
  const offer = parseOffer('v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n');
  const dialog = dialogOf(recordingId);
  const invite = { dialog, callId: recordingId, fromTag: 't', msr, offer, source: 'udp/h:1' };
  const peer = { address: '127.0.0.1', port: 6_000 };
  const wanted = streams.map(({ stream, party, formats }, line) => {
    return { stream, line, party, formats, peer, rtcpMux: false, held: false };
  });
  const ports = { address: '127.0.0.1', rtpPort: 20_000, rtcpPort: 20_001 };
  const opened = streams.map(({ stream, from }) => ({ stream, ...ports, from }));
  return [
    { type: 'invited', atMs: startedMs, take, recordingId, tenant, node, invite, streams: wanted },
    { type: 'streams-opened', atMs: startedMs, dialog, opened },
    { type: 'answered', atMs: startedMs, dialog, version: 1 },
  ];
}

/** The call is over. */
export function ended({ recordingId, endedMs, streams }: Take): SessionFact[] {
  const counters = { packets: 1, bytes: 1, lost: 0, duplicates: 0, paused: 0 };
  return [
    { type: 'dialog-ended', atMs: endedMs, dialog: dialogOf(recordingId), reason: 'bye' },
    { type: 'ended', atMs: endedMs, reason: 'bye' },
    ...streams.map(({ stream, to }) => ({ type: 'stream-closed', atMs: endedMs, stream, counters, to }) as const),
  ];
}

function dialogOf(recordingId: string): string {
  return `${recordingId};from-tag=t`;
}
