import { describe, expect, it } from 'vitest';
import { apply, type SessionFact, type SessionState, takeOf, type WantedStream } from '#actors/session';
import { parseMsrInvite, parseOffer } from '#src/sip';

const formats = [{ payloadType: 0, codec: 'PCMU', clockRateHz: 8_000, channels: 1 }];
const at = (block: number) => ({ segment: 's', block, offset: 0 });

function wanted(stream: string, party: string): WantedStream {
  const peer = { address: '127.0.0.1', port: 6_000 };
  return { stream, line: 0, party, label: `label-${party}`, formats, peer, rtcpMux: false, held: false };
}

function invited(atMs: number, callId: string, streams: readonly WantedStream[]): SessionFact {
  const msr = parseMsrInvite('sip:record=r@h;calluuid=U;recordDN=3556;x=y', [['X-Genesys-Agent', 'Ada']]);
  const offer = parseOffer('v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n');
  const invite = { dialog: `${callId};from-tag=t`, callId, fromTag: 't', msr, offer, source: 'udp/10.0.0.9:5060' };
  return { type: 'invited', atMs, take: 'k', recordingId: 'r', tenant: 'acme', node: 'n1', invite, streams };
}

function opened(stream: string, callId: string): SessionFact {
  const one = { stream, address: '127.0.0.1', rtpPort: 20_000, rtcpPort: 20_001, from: at(1) };
  return { type: 'streams-opened', atMs: 1_010, dialog: `${callId};from-tag=t`, opened: [one] };
}

function closed(stream: string, paused: number): SessionFact {
  const counters = { packets: 100, bytes: 17_200, lost: 0, duplicates: 0, paused };
  return { type: 'stream-closed', atMs: 9_100, stream, counters, to: at(9) };
}

function takeAfter(...facts: SessionFact[]) {
  return takeOf(facts.reduce<SessionState | undefined>(apply, undefined)!);
}

describe('what a session leaves to be finished', () => {
  const dialog = 'a;from-tag=t';

  it('R-REC-8: who, what, when and why, each stream with its part of the journal', () => {
    const take = takeAfter(
      invited(1_000, 'a', [wanted('x', '3556')]),
      opened('x', 'a'),
      { type: 'answered', atMs: 1_020, dialog, version: 1 },
      { type: 'stream-ended', atMs: 9_000, stream: 'x', reason: 'bye' },
      { type: 'dialog-ended', atMs: 9_000, dialog, reason: 'bye', detail: 'SIP;cause=200' },
      { type: 'ended', atMs: 9_500, reason: 'bye' },
      closed('x', 7),
    );
    expect(take).toEqual({
      take: 'k',
      recordingId: 'r',
      tenant: 'acme',
      node: 'n1',
      callUuid: 'U',
      recordDn: '3556',
      startedMs: 1_000,
      endedMs: 9_500,
      endReason: 'bye',
      dialogs: [
        {
          dialog,
          callId: 'a',
          fromTag: 't',
          source: 'udp/10.0.0.9:5060',
          invitedMs: 1_000,
          endedMs: 9_000,
          endReason: 'bye',
          endDetail: 'SIP;cause=200',
          metadata: { x: 'y', 'x-genesys-agent': 'Ada' },
        },
      ],
      streams: [
        {
          stream: 'x',
          dialog,
          party: '3556',
          label: 'label-3556',
          formats,
          from: at(1),
          to: at(9),
          paused: 7,
          endReason: 'bye',
        },
      ],
      pauses: [],
    });
  });

  it('R-REC-6: a pause that nobody ended lasts to the end', () => {
    const take = takeAfter(
      invited(1_000, 'a', []),
      { type: 'pause-asked', atMs: 2_000, by: 'agent' },
      { type: 'paused', atMs: 2_001, fromMs: 2_000 },
      { type: 'resume-asked', atMs: 3_000, by: 'agent' },
      { type: 'resumed', atMs: 3_001, toMs: 3_000 },
      { type: 'pause-asked', atMs: 4_000, by: 'supervisor' },
      { type: 'paused', atMs: 4_001, fromMs: 4_000 },
      { type: 'ended', atMs: 9_500, reason: 'bye' },
    );
    expect(take.pauses).toEqual([
      { fromMs: 2_000, toMs: 3_000, by: 'agent' },
      { fromMs: 4_000, toMs: 9_500, by: 'supervisor' },
    ]);
  });

  it('R-REC-8: streams that capture never held are left out, their dialog is not', () => {
    const take = takeAfter(
      invited(1_000, 'a', [wanted('x', '3556')]),
      opened('x', 'a'),
      invited(1_100, 'b', [wanted('y', '0412')]),
      { type: 'stream-ended', atMs: 1_200, stream: 'y', reason: 'refused' },
      { type: 'dialog-ended', atMs: 1_200, dialog: 'b;from-tag=t', reason: 'refused', detail: 'no free port' },
      { type: 'stream-ended', atMs: 9_000, stream: 'x', reason: 'silence' },
      { type: 'dialog-ended', atMs: 9_000, dialog, reason: 'silence' },
      { type: 'ended', atMs: 9_500, reason: 'silence' },
      closed('x', 0),
    );
    expect(take.streams).toMatchObject([{ stream: 'x', endReason: 'silence' }]);
    expect(take.dialogs).toMatchObject([
      { dialog, endReason: 'silence' },
      { callId: 'b', endReason: 'refused', endDetail: 'no free port' },
    ]);
  });
});
