import { describe, expect, it } from 'vitest';
import {
  type AudioLine,
  audioAnswer,
  audioOffer,
  mirrored,
  negotiate,
  staticFormat,
  telephoneEvent,
} from '#ops/lab/endpoint';
import { parseOffer } from '#src/sip';

const line: AudioLine = { address: '127.0.0.1', port: 4000, sessionId: 7, version: 1, direction: 'sendrecv' };
const offer = (...lines: string[]) =>
  parseOffer(['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=-', 'c=IN IP4 10.0.0.1', 't=0 0', ...lines, ''].join('\r\n'));

describe('a line of audio', () => {
  it('what is offered can be read and answered, digits included', () => {
    const read = parseOffer(audioOffer(line, [staticFormat('PCMU'), staticFormat('PCMA')]));
    expect(read.media[0]!.formats.map(({ codec }) => codec)).toEqual(['PCMU', 'PCMA', 'telephone-event']);
    const agreed = negotiate(read, ['PCMA']);
    expect(agreed).toEqual({
      format: read.media[0]!.formats[1],
      digits: true,
      target: { address: '127.0.0.1', port: 4000 },
      direction: 'sendrecv',
    });
    const answer = parseOffer(audioAnswer(read, { ...line, port: 5000, direction: 'recvonly' }, agreed!));
    expect(answer.media[0]).toMatchObject({ port: 5000, direction: 'recvonly' });
    expect(answer.media[0]!.formats.at(-1)).toEqual(telephoneEvent);
  });

  it('RFC 3264 §6: video and sealed audio are refused, line by line', () => {
    const read = offer(
      'm=video 30 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'm=audio 40 RTP/SAVP 0',
      'm=audio 50 RTP/AVP 8',
    );
    const agreed = negotiate(read, ['PCMU', 'PCMA'])!;
    expect(agreed.format.codec).toBe('PCMA');
    expect(parseOffer(audioAnswer(read, line, agreed)).media.map(({ port }) => port)).toEqual([0, 0, 4000]);
  });

  it('nothing in common is nothing agreed', () => {
    expect(negotiate(offer('m=audio 40 RTP/AVP 18'), ['PCMU'])).toBeUndefined();
    expect(negotiate(offer('m=audio 0 RTP/AVP 0'), ['PCMU'])).toBeUndefined();
  });

  it('hold to 0.0.0.0 is inactive', () => {
    expect(negotiate(offer('m=audio 40 RTP/AVP 0', 'c=IN IP4 0.0.0.0'), ['PCMU'])!.direction).toBe('inactive');
  });

  it('RFC 3264 §6.1: directions are mirrored', () => {
    expect((['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map((one) => mirrored(one))).toEqual([
      'sendrecv',
      'recvonly',
      'sendonly',
      'inactive',
    ]);
    expect(mirrored('sendrecv', 'inactive')).toBe('inactive');
    expect(mirrored('sendonly', 'sendonly')).toBe('inactive');
  });
});
