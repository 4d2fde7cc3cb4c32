import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '#src/errors';
import { answeredDirection, formatAnswer, parseOffer } from '#src/sip';

const offer = [
  'v=0',
  'o=Genesys 1 1 IN IP4 10.0.0.1',
  's=-',
  'c=IN IP4 10.0.0.1',
  't=0 0',
  'm=audio 6000 RTP/AVP 18 0 9 101 96',
  'a=rtpmap:18 G729/8000',
  'a=fmtp:18 annexb=no',
  'a=rtpmap:101 telephone-event/8000',
  'a=rtpmap:96 opus/48000/2',
  'a=label:7',
  'a=sendonly',
  'm=video 6002 RTP/AVP 97',
  'c=IN IP4 10.0.0.2',
  'a=rtpmap:97 H264/90000',
  '',
].join('\r\n');

describe('SDP offer', () => {
  it('R-REC-1: reads static and mapped payload types, with parameters and channels', () => {
    const [audio] = parseOffer(offer).media;
    expect(audio).toMatchObject({ kind: 'audio', port: 6000, address: '10.0.0.1', direction: 'sendonly', label: '7' });
    expect(audio!.formats).toEqual([
      { payloadType: 18, codec: 'G729', clockRateHz: 8000, channels: 1, parameters: 'annexb=no' },
      { payloadType: 0, codec: 'PCMU', clockRateHz: 8000, channels: 1 },
      { payloadType: 9, codec: 'G722', clockRateHz: 8000, channels: 1 },
      { payloadType: 101, codec: 'telephone-event', clockRateHz: 8000, channels: 1 },
      { payloadType: 96, codec: 'opus', clockRateHz: 48000, channels: 2 },
    ]);
  });

  it('R-SIP-1: a media address stands before the one of the session', () => {
    expect(parseOffer(offer).media.map((media) => media.address)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it.each([
    ['no m-line', 'v=0\r\nc=IN IP4 1.1.1.1\r\n'],
    ['no address', 'v=0\r\nm=audio 6000 RTP/AVP 0\r\n'],
    ['a port that is none', 'v=0\r\nc=IN IP4 1.1.1.1\r\nm=audio 66000 RTP/AVP 0\r\n'],
    ['too many m-lines', `v=0\r\nc=IN IP4 1.1.1.1\r\n${'m=audio 6000 RTP/AVP 0\r\n'.repeat(65)}`],
    ['too long', `v=0\r\n${'a=x\r\n'.repeat(20_000)}`],
  ])('R-SIP-1: refuses %s with a stable code', (_what, text) => {
    let caught: unknown;
    try {
      parseOffer(text);
    } catch (error) {
      caught = error;
    }
    expect(codeOf(caught)).toBe('sdp-invalid');
  });

  it('R-SIP-1: text of any kind is read or refused, never a crash', () => {
    const lines = fc.array(fc.oneof(fc.constantFrom(...offer.split('\r\n')), fc.string({ maxLength: 60 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(lines, (parts) => {
        try {
          parseOffer(parts.join('\r\n'));
        } catch (error) {
          expect(codeOf(error)).toBe('sdp-invalid');
        }
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });
});

describe('SDP answer', () => {
  it('R-SIP-1: answers as many m-lines as were offered, refuses with port 0, keeps labels, never sends', () => {
    const { media } = parseOffer(offer);
    const text = formatAnswer({
      address: '127.0.0.1',
      sessionId: '5',
      version: 2,
      media: [
        {
          offered: media[0]!,
          accepted: {
            address: '127.0.0.1',
            port: 20000,
            formats: media[0]!.formats.slice(0, 2),
            direction: 'recvonly',
          },
        },
        { offered: media[1]! },
      ],
    });
    expect(text.split('\r\n')).toEqual([
      'v=0',
      'o=- 5 2 IN IP4 127.0.0.1',
      's=phone-call',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 18 0',
      'c=IN IP4 127.0.0.1',
      'a=rtpmap:18 G729/8000',
      'a=fmtp:18 annexb=no',
      'a=rtpmap:0 PCMU/8000',
      'a=label:7',
      'a=recvonly',
      'm=video 0 RTP/AVP 97',
      '',
    ]);
  });

  it('R-SIP-1: hold is answered with inactive', () => {
    expect(['sendrecv', 'sendonly', 'recvonly', 'inactive'].map((one) => answeredDirection(one as 'sendrecv'))).toEqual(
      ['recvonly', 'recvonly', 'inactive', 'inactive'],
    );
  });
});
