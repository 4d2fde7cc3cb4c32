import { describe, expect, it } from 'vitest';
import { SrtpSender } from '#ops/lab/srtp';
import { SrtpReceiver, type SrtpSuiteName, srtpSuites } from '#src/media/srtp';
import { AesCm } from '../../../../src/media/srtp/aes-cm.ts';
import { AesCmPackets } from '../../../../src/media/srtp/aes-cm-packets.ts';
import { AesGcmPackets } from '../../../../src/media/srtp/aes-gcm-packets.ts';
import { sessionKeys } from '../../../../src/media/srtp/session-keys.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('published vectors', () => {
  it('R-REC-4: RFC 3711 B.3: session keys from a master key and its salt', () => {
    const master = hex('E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6');
    const keys = sessionKeys(srtpSuites.AES_CM_128_HMAC_SHA1_80, master, 'rtp');
    expect(keys).toEqual({
      encryption: hex('C61E7A93744F39EE10734AFE3FF7A087'),
      authentication: hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'),
      salt: hex('30CBBC08863D8C85D49DB34A9AE1'),
    });
  });

  it('R-REC-4: RFC 3711 B.2: the key stream', () => {
    const salt = hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD');
    const cipher = new AesCm({
      encryption: hex('2B7E151628AED2A6ABF7158809CF4F3C'),
      authentication: Buffer.alloc(20),
      salt,
    });
    const stream = Buffer.alloc(3 * 16);
    cipher.decrypt(stream, 0, stream.length, 0, 0);
    const block = (number: number) => stream.subarray(16 * number, 16 * number + 16);
    expect([0, 1, 2].map(block)).toEqual([
      hex('E03EAD0935C95E80E166B16DD92B4EB4'),
      hex('D23513162B02D0F72A43A2FE4A5F97AB'),
      hex('41E95B3BB0A2E8DD477901E4FCA894C0'),
    ]);
  });

  it('R-REC-4: RFC 7714 §16.1, §17.1: AEAD_AES_128_GCM over RTP and RTCP', () => {
    const keys = {
      encryption: hex('000102030405060708090a0b0c0d0e0f'),
      authentication: Buffer.alloc(0),
      salt: hex('517569642070726f2071756f'),
    };
    const packets = new AesGcmPackets({ rtp: keys, rtcp: keys }, Buffer.alloc(0));
    const rtp = hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
      51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`);
    const length = packets.openRtp(rtp, 12, 0xf17b);
    expect(rtp.subarray(12, length).toString()).toBe('Gallia est omnis divisa in partes tres');
    const rtcp = hex(`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
      4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`);
    expect(packets.controlIndexOf(rtcp)).toBe(0x5d4);
    expect(rtcp.subarray(0, packets.openRtcp(rtcp))).toEqual(
      hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef
        deadbeef deadbeef`),
    );
    const clear = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
      deadbeef deadbeef deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3 000005d4`);
    expect(packets.openRtcp(clear)).toBe(52);
  });

  const rtp = hex('800f1234decafbadcafebabe abababababababababababababababab');
  const rtcp = hex('81c8000bcafebabe abababababababababababababababab');
  const counterMode = 'e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6';
  const galois = '000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab';
  const sealedControl = '81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798';
  /** What libSRTP compares itself with in its own tests (srtp_driver.c). */
  const libsrtp: readonly [SrtpSuiteName, string, string, string][] = [
    [
      'AES_CM_128_HMAC_SHA1_80',
      counterMode,
      '800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb',
      sealedControl,
    ],
    [
      'AES_CM_128_HMAC_SHA1_32',
      counterMode,
      '800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc',
      sealedControl,
    ],
    [
      'AEAD_AES_128_GCM',
      galois,
      '800f1234decafbadcafebabe c5002ede04cfdd2eb91159e0880aa06e d2976826f796b201df3131a127e8a392',
      '81c8000bcafebabe c98b8b5df0392a55852b6c21ac8e7025 c52c6fbea2b3b446ea31123ba88ce61e 80000001',
    ],
  ];

  it.each(libsrtp)('R-REC-4: %s as libSRTP has it, from the master key on', (suite, master, sealed, sealedRtcp) => {
    const receiver = new SrtpReceiver({ key: { suite, keyAndSalt: hex(master).toString('base64') } });
    expect(receiver.open(hex(sealed))).toEqual(rtp);
    expect(receiver.open(hex(sealedRtcp))).toEqual(rtcp);
  });

  it.each(libsrtp)(
    'R-REC-4: %s: the sender of the lab makes what libSRTP makes',
    (suite, master, sealed, sealedRtcp) => {
      const sender = new SrtpSender({ suite, keyAndSalt: hex(master) });
      expect(sender.seal(rtp)).toEqual(hex(sealed));
      expect(sender.sealControl(rtcp)).toEqual(hex(sealedRtcp));
    },
  );

  it('R-REC-4: a packet too short for what should be in it is no packet', () => {
    const master = hex(counterMode);
    const keys = { rtp: sessionKeys(srtpSuites.AES_CM_128_HMAC_SHA1_80, master, 'rtp') };
    const packets = new AesCmPackets(srtpSuites.AES_CM_128_HMAC_SHA1_80, { ...keys, rtcp: keys.rtp }, Buffer.alloc(0));
    expect(packets.openRtp(Buffer.alloc(21), 12, 0)).toBe(-1);
    expect(packets.openRtcp(Buffer.alloc(21))).toBe(-1);
    expect(packets.controlIndexOf(Buffer.alloc(21))).toBe(-1);
  });
});
