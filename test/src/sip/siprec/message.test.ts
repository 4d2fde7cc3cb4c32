import { describe, expect, it } from 'vitest';
import { readRecordingBody, recordingClient, snapshotRequest } from '#src/sip/siprec';
import { parseXml } from '../../../../src/sip/siprec/xml.ts';
import { rfc } from './documents.ts';

const sdp = 'v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n';
const none = { contact: undefined, require: undefined, accept: undefined };

function multipart(...parts: [type: string, body: string][]): Buffer {
  const text = parts.map(([type, body]) => `--b\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`).join('');
  return Buffer.from(`${text}--b--\r\n`);
}

function read(...parts: [type: string, body: string][]) {
  return readRecordingBody('multipart/mixed;boundary="b"', multipart(...parts));
}

describe('a message of a recording client', () => {
  it.each(['application/rs-metadata', 'application/rs-metadata+xml', 'Application/RS-Metadata+XML; charset=utf-8'])(
    'R-SIP-2: carries SDP and %s, in either order',
    (type) => {
      for (const body of [read(['application/sdp', sdp], [type, rfc]), read([type, rfc], ['application/sdp', sdp])]) {
        expect(body).toMatchObject({ sdp, metadata: { type: 'read', update: { mode: 'complete' } } });
      }
    },
  );

  it('R-SIP-2: carries SDP only, or metadata only', () => {
    expect(readRecordingBody('application/sdp', Buffer.from(sdp))).toEqual({ sdp });
    expect(readRecordingBody(undefined, Buffer.from(sdp))).toEqual({ sdp });
    expect(readRecordingBody('application/rs-metadata', Buffer.from(rfc))).toMatchObject({
      metadata: { type: 'read' },
    });
    expect(readRecordingBody(undefined, Buffer.alloc(0))).toEqual({});
  });

  it.each([
    ['broken XML', read(['application/sdp', sdp], ['application/rs-metadata', '<recording>'])],
    ['an XML bomb', read(['application/sdp', sdp], ['application/rs-metadata', '<!DOCTYPE x><recording/>'])],
    ['a lost end', readRecordingBody('multipart/mixed;boundary=b', Buffer.from(`--b\r\n\r\n${sdp}`))],
  ])('R-SIP-2: %s costs the metadata, not the SDP', (_what, body) => {
    expect(body.sdp).toContain('m=audio 6000');
    expect(body.metadata).toMatchObject({ type: 'unreadable', detail: expect.any(String) });
  });

  it('R-SIP-2: metadata is also known by its disposition', () => {
    const text = `--b\r\n\r\n${sdp}\r\n--b\r\nContent-Type: text/xml\r\nContent-Disposition: recording-session\r\n\r\n${rfc}\r\n--b--`;
    const body = readRecordingBody('multipart/mixed;boundary=b', Buffer.from(text));
    expect(body).toMatchObject({ sdp, metadata: { type: 'read' } });
  });

  it.each([
    ['its Contact', { ...none, contact: '"SRC" <sip:src@x;transport=tcp>;expires=5;+sip.src' }],
    ['the Contact of BroadWorks', { ...none, contact: '<sip:src@x>;src' }],
    ['its option tag', { ...none, require: 'timer, siprec' }],
  ])('R-SIP-2: a client is known by %s', (_what, headers) => {
    expect(recordingClient(headers, {})).toEqual({ snapshots: false });
  });

  it('R-SIP-2: a client is known by its metadata; one without any mark is none', () => {
    expect(recordingClient(none, read(['application/rs-metadata', rfc]))).toEqual({ snapshots: false });
    expect(recordingClient({ ...none, contact: '<sip:src@x;src>', require: '100rel' }, { sdp })).toBeUndefined();
  });

  it('R-SIP-2: a client that accepts the request for it can give a snapshot', () => {
    const accept = 'application/sdp, application/rs-metadata-request;q=0.5';
    expect(recordingClient({ ...none, require: 'siprec', accept }, {})).toEqual({ snapshots: true });
    expect(parseXml(snapshotRequest.body)).toMatchObject({ name: 'requestsnapshot' });
  });
});
