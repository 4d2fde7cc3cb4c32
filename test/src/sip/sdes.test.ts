import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAnswer, isSealed, parseOffer } from '#src/sip';

const [long, short] = [Buffer.alloc(30, 0xa5).toString('base64'), Buffer.alloc(28, 0x5a).toString('base64')];
const own = Buffer.from(Array.from({ length: 30 }, (_, byte) => byte));
const offerOf = (lines: readonly string[], protocol = 'RTP/SAVP') =>
  parseOffer(['v=0', 'c=IN IP4 10.0.0.1', `m=audio 6000 ${protocol} 0`, ...lines, ''].join('\r\n'));
const cryptosOf = (...lines: readonly string[]) => offerOf(lines.map((line) => `a=crypto:${line}`)).media[0]!.cryptos;

describe('keys in an offer', () => {
  it('R-REC-4: the suites that are known, in the order of the offer, each m-line for itself', () => {
    const { media } = parseOffer(
      [
        'v=0',
        'c=IN IP4 10.0.0.1',
        `a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:${long}`,
        'm=audio 6000 RTP/SAVP 0',
        `a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:${long}`,
        `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${long}`,
        `a=crypto:3 AEAD_AES_128_GCM inline:${short}|2^31`,
        'm=audio 6002 RTP/AVP 0',
        'm=audio 6004 RTP/SAVPF 0',
        `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${long}|2^20|1:4`,
        '',
      ].join('\r\n'),
    );
    expect(media.map(isSealed)).toEqual([true, false, true]);
    expect(media.map(({ cryptos }) => cryptos)).toEqual([
      [
        { tag: '2', key: { suite: 'AES_CM_128_HMAC_SHA1_32', keyAndSalt: long }, negotiated: [] },
        { tag: '3', key: { suite: 'AEAD_AES_128_GCM', keyAndSalt: short }, negotiated: [] },
      ],
      undefined,
      [
        {
          tag: '1',
          key: { suite: 'AES_CM_128_HMAC_SHA1_80', keyAndSalt: long, identifier: '00000001' },
          negotiated: [],
        },
      ],
    ]);
  });

  it.each([
    ['a key of a false length', `1 AES_CM_128_HMAC_SHA1_80 inline:${short}`],
    ['no key', '1 AES_CM_128_HMAC_SHA1_80 inline:'],
    ['another way to give keys', `1 AES_CM_128_HMAC_SHA1_80 uri:${long}`],
    ['several keys', `1 AES_CM_128_HMAC_SHA1_80 inline:${long}|1:1;inline:${long}|2:1`],
    ['an identifier longer than it says', `1 AES_CM_128_HMAC_SHA1_80 inline:${long}|2^20|256:1`],
    ['an identifier of no length', `1 AES_CM_128_HMAC_SHA1_80 inline:${long}|1:0`],
    ['packets that nobody could authenticate', `1 AES_CM_128_HMAC_SHA1_80 inline:${long} UNAUTHENTICATED_SRTP`],
    ['packets in clear, said last', `1 AES_CM_128_HMAC_SHA1_80 inline:${long} WSH=64 UNENCRYPTED_SRTP`],
    ['keys that change by themselves', `1 AES_CM_128_HMAC_SHA1_80 inline:${long} KDR=20`],
    ['a parameter that nobody knows', `1 AES_CM_128_HMAC_SHA1_80 inline:${long} NEW=1`],
    ['no tag', `AES_CM_128_HMAC_SHA1_80 inline:${long}`],
  ])('R-REC-4: %s is passed over', (_what, line) => {
    expect(cryptosOf(line)).toBeUndefined();
  });

  it('R-REC-4: parameters that change nothing here are taken, RTCP in clear is answered as it was offered', () => {
    const [crypto] = cryptosOf(
      `7  AES_CM_128_HMAC_SHA1_80 inline:${long}|2^20  KDR=0 WSH=128 UNENCRYPTED_SRTCP -NEW=1 `,
    )!;
    expect(crypto).toMatchObject({ tag: '7', negotiated: ['UNENCRYPTED_SRTCP'] });
  });

  it('R-REC-4: the answer names the tag and the suite that were chosen, with a key of our own', () => {
    const offered = offerOf([`a=crypto:4 AEAD_AES_128_GCM inline:${short} UNENCRYPTED_SRTCP`]).media[0]!;
    const srtp = { crypto: offered.cryptos![0]!, ownKey: own.toString('base64') };
    const formats = offered.formats;
    const text = formatAnswer({
      address: '127.0.0.1',
      sessionId: '1',
      version: 1,
      media: [{ offered, accepted: { address: '127.0.0.1', port: 20_000, formats, direction: 'recvonly', srtp } }],
    });
    const lines = text.split('\r\n');
    expect(lines).toContain('m=audio 20000 RTP/SAVP 0');
    const key = own.subarray(0, 28).toString('base64');
    expect(lines).toContain(`a=crypto:4 AEAD_AES_128_GCM inline:${key} UNENCRYPTED_SRTCP`);
    expect(text).not.toContain(short);
  });

  it('R-REC-4: text of any kind is read or passed over, never a crash', () => {
    const words = fc.oneof(
      fc.constantFrom(
        'a=crypto:',
        '1',
        ' ',
        'AES_CM_128_HMAC_SHA1_80',
        'inline:',
        long,
        '|',
        '2^20',
        '1:4',
        ';',
        'WSH=1',
      ),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 14 }), (parts) => {
        for (const { key } of offerOf([parts.join('')]).media[0]?.cryptos ?? [])
          expect(key.keyAndSalt).toHaveLength(40);
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });
});
