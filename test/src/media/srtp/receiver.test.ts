import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SrtpSender } from '#ops/lab/srtp';
import { buildRtp } from '#src/media';
import { keyAndSaltBytes, type SrtpKey, SrtpReceiver, type SrtpSuiteName, srtpSuites } from '#src/media/srtp';
import { seededRandom } from '#src/ports';

const full = process.env['TWINREEL_FULL'] !== undefined;
const runs = full ? 20_000 : 300;
const suites = Object.keys(srtpSuites) as SrtpSuiteName[];

/** A sender and the facts its receiver begins with. */
function pair(suite: SrtpSuiteName, seed = 1, mki = Buffer.alloc(0)) {
  const keyAndSalt = seededRandom(seed).bytes(keyAndSaltBytes(suite));
  const key: SrtpKey = {
    suite,
    keyAndSalt: keyAndSalt.toString('base64'),
    ...(mki.length > 0 && { identifier: mki.toString('hex') }),
  };
  return { sender: new SrtpSender({ suite, keyAndSalt, mki }), facts: { key } };
}

const packet = (sequence: number, ssrc = 7, payload: Uint8Array = Buffer.from(`packet ${sequence}`)) =>
  buildRtp({ payloadType: 0, sequence, timestamp: sequence * 160, ssrc }, payload);
const report = (ssrc: number, text = 'reportreport') =>
  Buffer.concat([
    Buffer.from([0x80, 200, 0, 4]),
    Buffer.from(new Uint32Array([ssrc]).buffer).reverse(),
    Buffer.from(text),
  ]);
/** Opens and, if it is authentic, takes. */
function take(receiver: SrtpReceiver, sealed: Buffer): Buffer | string {
  const opened = receiver.open(Buffer.from(sealed));
  if (typeof opened !== 'string') receiver.accept();
  return opened;
}

const fields = fc.record({
  payloadType: fc.integer({ min: 0, max: 63 }),
  sequence: fc.integer({ min: 0, max: 65_535 }),
  timestamp: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  ssrc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  marker: fc.boolean(),
  csrcs: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 15 }),
  paddingBytes: fc.integer({ min: 0, max: 20 }),
});
const aSuite = fc.constantFrom(...suites);
const someBytes = (most: number) => fc.uint8Array({ maxLength: most }).map((bytes) => Buffer.from(bytes));

describe('SRTP of one stream', () => {
  it('R-REC-4: whatever is sealed comes out as it was, RTP and RTCP, with and without key identifier', () => {
    const extension = fc.option(fc.record({ profile: fc.integer({ min: 0, max: 65_535 }), bytes: someBytes(40) }));
    const cases = fc.record({ suite: aSuite, fields, extension, payload: someBytes(400), mki: someBytes(4) });
    fc.assert(
      fc.property(cases, fc.boolean(), ({ suite, fields: header, extension: more, payload, mki }, encrypted) => {
        const { sender, facts } = pair(suite, header.ssrc, mki);
        const receiver = new SrtpReceiver(facts);
        const rtp = buildRtp({ ...header, ...(more && { extension: more }) }, payload);
        const sealed = sender.seal(rtp);
        expect(take(receiver, sealed)).toEqual(rtp);
        expect(take(receiver, sealed)).toBe('replayed');
        const rtcp = report(header.ssrc, payload.toString('hex').slice(0, 4 * (payload.length % 9)));
        const sealedControl = sender.sealControl(rtcp, encrypted);
        expect(take(receiver, sealedControl)).toEqual(rtcp);
        expect(take(receiver, sealedControl)).toBe('replayed');
      }),
      { seed: 31, numRuns: runs },
    );
  });

  it('R-REC-4: one bit turned anywhere, one byte more or less: refused, and the true packet is taken all the same', () => {
    const cases = fc.record({ suite: aSuite, fields, payload: someBytes(60), at: fc.nat(), mki: someBytes(2) });
    fc.assert(
      fc.property(cases, fc.boolean(), ({ suite, fields: header, payload, at, mki }, isControl) => {
        const { sender, facts } = pair(suite, 2, mki);
        const receiver = new SrtpReceiver(facts);
        const clear = isControl ? report(header.ssrc) : buildRtp(header, payload);
        const sealed = isControl ? sender.sealControl(clear) : sender.seal(clear);
        const bit = at % (8 * sealed.length);
        const turned = Buffer.from(sealed);
        turned[bit >> 3]! ^= 1 << (bit & 7);
        for (const false_ of [turned, sealed.subarray(0, -1), Buffer.concat([sealed, Buffer.of(at & 0xff)])]) {
          expect(receiver.open(Buffer.from(false_))).toBe('unauthenticated');
        }
        expect(take(receiver, sealed)).toEqual(clear);
      }),
      { seed: 32, numRuns: runs },
    );
  });

  it('R-REC-4: bytes of any kind are refused, never a crash', () => {
    const receivers = suites.map((suite) => new SrtpReceiver(pair(suite).facts));
    const likeRtp = someBytes(80).map((bytes) => {
      if (bytes.length > 0) bytes[0] = 0x80 | (bytes[0]! & 0x3f);
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(someBytes(80), likeRtp), (bytes) => {
        for (const receiver of receivers) expect(receiver.open(Buffer.from(bytes))).toBe('unauthenticated');
      }),
      { seed: 33, numRuns: runs },
    );
  });

  it('R-REC-4: over wraps, with loss, reordering within the window and every packet sent twice: each is taken once', () => {
    const cases = fc.record({
      suite: aSuite,
      seed: fc.nat(),
      start: fc.oneof(fc.integer({ min: 65_300, max: 65_535 }), fc.integer({ min: 0, max: 65_535 })),
      steps: fc.array(fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 32_000 })), {
        minLength: 20,
        maxLength: 120,
      }),
    });
    fc.assert(
      fc.property(cases, ({ suite, seed, start, steps }) => {
        const { sender, facts } = pair(suite);
        const random = seededRandom(seed);
        let index = start;
        const sent = [index, ...steps.map((step) => (index += step))];
        // Each is late by up to 100 packets, as far as the window allows; the first is in its place.
        const arrivals = sent
          .flatMap((at, order) => [
            { at, place: order === 0 ? -1 : order + random.fraction() * 100 },
            { at, place: order + 1 + random.fraction() * 100 },
          ])
          .sort((one, other) => one.place - other.place);
        const receiver = new SrtpReceiver(facts);
        const taken = new Set<number>();
        let highest = -1;
        for (const { at } of arrivals) {
          const clear = packet(at % 65_536);
          const heard = take(receiver, sender.sealAt(clear, Math.floor(at / 65_536)));
          // Nearest to the highest, within half a round, is what a receiver can know (RFC 3711 §3.3.1).
          const known = highest < 0 || Math.abs(at - highest) < 32_768;
          if (taken.has(at) || (known && highest - at >= 256)) expect(heard).not.toEqual(clear);
          else if (known) expect(heard).toEqual(clear);
          if (typeof heard !== 'string') {
            taken.add(at);
            highest = Math.max(highest, at);
          }
        }
      }),
      { seed: 34, numRuns: Math.ceil(runs / 5) },
    );
  });

  it.each(suites)('R-REC-4: %s: three rounds of sequence numbers, one packet in 97', (suite) => {
    const { sender, facts } = pair(suite);
    const receiver = new SrtpReceiver(facts);
    for (let index = 65_000; index < 65_000 + 3 * 65_536; index += 97) {
      const clear = packet(index & 0xffff);
      expect(take(receiver, sender.seal(clear))).toEqual(clear);
    }
    expect(receiver.note().heard).toEqual([expect.objectContaining({ ssrc: 7, controlIndex: -1 })]);
  });

  it('R-REC-4: what a sender sent before a wrap may be lost altogether, or come behind it', () => {
    const { sender, facts } = pair('AES_CM_128_HMAC_SHA1_80');
    const receiver = new SrtpReceiver(facts);
    expect(take(receiver, sender.sealAt(packet(3), 1))).toEqual(packet(3));
    expect(take(receiver, sender.sealAt(packet(65_534), 0))).toEqual(packet(65_534));
    expect(take(receiver, sender.sealAt(packet(4), 1))).toEqual(packet(4));
  });

  it.each(suites)('R-REC-4: %s: a datagram as large as there can be one', (suite) => {
    const { sender, facts } = pair(suite);
    const clear = packet(9, 7, seededRandom(5).bytes(65_480));
    expect(take(new SrtpReceiver(facts), sender.seal(clear))).toEqual(clear);
  });

  it('R-REC-4: sources count for themselves', () => {
    const { sender, facts } = pair('AEAD_AES_128_GCM');
    const receiver = new SrtpReceiver(facts);
    for (const ssrc of [1, 2, 3, 1]) {
      const clear = packet(65_535, ssrc);
      expect(take(receiver, sender.seal(clear))).toEqual(
        ssrc === 1 && receiver.note().heard!.length === 3 ? 'replayed' : clear,
      );
    }
    for (let ssrc = 10; ssrc < 200; ssrc += 1) take(receiver, sender.seal(packet(1, ssrc)));
    expect(receiver.note().heard).toHaveLength(64);
  });

  it('R-REC-4: what is opened and not accepted is not taken', () => {
    const { sender, facts } = pair('AES_CM_128_HMAC_SHA1_32');
    const receiver = new SrtpReceiver(facts);
    const sealed = sender.seal(packet(1));
    expect(receiver.open(Buffer.from(sealed))).toEqual(packet(1));
    expect(take(receiver, sealed)).toEqual(packet(1));
    expect(take(receiver, sealed)).toBe('replayed');
  });

  it('R-REC-5: a successor goes on after a wrap, though it is told no more than its predecessor kept now and then', () => {
    const { sender, facts } = pair('AES_CM_128_HMAC_SHA1_80');
    const before = new SrtpReceiver(facts);
    let kept = JSON.stringify(before.note());
    const sent = Array.from({ length: 7_100 }, (_, count) => packet((60_000 + 10 * count) & 0xffff));
    const sealed = sent.map((clear) => sender.seal(clear));
    for (const one of sealed.slice(0, 6_900)) {
      take(before, one);
      if (before.isFar) kept = JSON.stringify(before.note());
    }
    const after = new SrtpReceiver(JSON.parse(kept));
    expect(take(after, sealed[6_000]!)).toBe('replayed');
    for (const at of [6_900, 7_000]) {
      expect(take(after, sealed[at]!)).toEqual(sent[at]);
      expect(take(after, sealed[at]!)).toBe('replayed');
    }
  });

  it('R-REC-5: a source that is new is worth keeping at once, others only now and then', () => {
    const { sender, facts } = pair('AES_CM_128_HMAC_SHA1_80');
    const receiver = new SrtpReceiver(facts);
    expect(receiver.isFar).toBe(false);
    take(receiver, sender.seal(packet(1)));
    expect(receiver.isFar).toBe(true);
    expect(receiver.note().heard).toEqual([{ ssrc: 7, index: 1, controlIndex: -1 }]);
    for (let count = 2; count < 513; count += 1) take(receiver, sender.seal(packet(count)));
    expect(receiver.isFar).toBe(false);
    take(receiver, sender.seal(packet(513)));
    expect(receiver.isFar).toBe(true);
  });

  it.each(['a new count', 'a count that goes on'])(
    'R-REC-4: another key, with %s, is followed; late packets of the one before are taken',
    (how) => {
      const old = pair('AES_CM_128_HMAC_SHA1_80', 1);
      const young = pair('AEAD_AES_128_GCM', 2);
      const rounds = how === 'a new count' ? 0 : 2;
      const receiver = new SrtpReceiver(old.facts);
      for (let index = 0; index < 2 * 65_536 + 100; index += 99)
        take(receiver, old.sender.sealAt(packet(index & 0xffff), Math.floor(index / 65_536)));
      receiver.rekey(young.facts.key);
      receiver.rekey(young.facts.key);
      expect(take(receiver, old.sender.sealAt(packet(101), 2))).toEqual(packet(101));
      const news = young.sender.sealAt(packet(102), rounds);
      expect(take(receiver, news)).toEqual(packet(102));
      expect(take(receiver, news)).toBe('replayed');
      expect(take(receiver, old.sender.sealAt(packet(100), 2))).toEqual(packet(100));
      const successor = new SrtpReceiver(JSON.parse(JSON.stringify(receiver.note())));
      expect(take(successor, young.sender.sealAt(packet(103), rounds))).toEqual(packet(103));
      expect(take(successor, old.sender.sealAt(packet(105), 2))).toEqual(packet(105));
      receiver.rekey(pair('AES_CM_128_HMAC_SHA1_80', 3).facts.key);
      expect(take(receiver, old.sender.sealAt(packet(104), 2))).toBe('unauthenticated');
    },
  );
});
