import { describe, expect, it } from 'vitest';
import { planStreams } from '#actors/session';
import { parseMsrInvite, parseOffer } from '#src/sip';

const msr = parseMsrInvite('sip:record=r@h;calluuid=U;dn=3556;otherDN=0412;recordDN=3556', []);

function plan(media: string, codecs = ['PCMU', 'CN', 'telephone-event']) {
  return planStreams('d', msr, parseOffer(`v=0\r\nc=IN IP4 127.0.0.1\r\n${media}`), codecs);
}

describe('what of an offer is recorded', () => {
  it('R-REC-1: keeps the accepted formats in their order and drops the others', () => {
    const planned = plan('m=audio 6000 RTP/AVP 18 0 101\r\na=rtpmap:101 telephone-event/8000\r\n');
    expect(planned).toMatchObject({ type: 'accepted', streams: [{ line: 0, party: '3556' }] });
    if (planned.type !== 'accepted') return;
    expect(planned.streams[0]!.formats.map((format) => format.payloadType)).toEqual([0, 101]);
  });

  it('R-SIP-1: audio beside video is taken, video is left', () => {
    const planned = plan('m=audio 6000 RTP/AVP 0\r\nm=video 6002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n');
    expect(planned).toMatchObject({ type: 'accepted', streams: [{ line: 0 }] });
  });

  it.each([
    ['no accepted codec', 'm=audio 6000 RTP/AVP 18\r\n'],
    ['only comfort noise', 'm=audio 6000 RTP/AVP 13\r\n'],
    ['a switched-off m-line', 'm=audio 0 RTP/AVP 0\r\n'],
    ['encrypted media', 'm=audio 6000 RTP/SAVP 0\r\n'],
  ])('R-SIP-3: %s is refused with 488 and says what is accepted', (_what, media) => {
    expect(plan(media)).toMatchObject({ type: 'refused', status: 488, reason: expect.stringContaining('PCMU, CN') });
  });
});
