// `bench srtp`: what it costs to open a sealed packet of G.711, 20 ms long, in the thread that captures: authenticating,
// decrypting, and keeping count of what came. And what it costs to refuse one.

import { SrtpSender } from '#ops/lab/srtp';
import { buildRtp } from '#src/media';
import { keyAndSaltBytes, SrtpReceiver, type SrtpSuiteName } from '#src/media/srtp';
import { type Random, seededRandom, systemClock } from '#src/ports';
import type { Bench, Figures } from './bench.ts';

/** A library that was measured for comparison takes 12 µs: werift-rtp 0.8.9, AES_CM_128_HMAC_SHA1_80. */
const libraryUs = 12;
const packetsPerTurn = 4;
const payloadBytes = 160;

interface Part {
  readonly figure: string;
  readonly suite: SrtpSuiteName;
  /** `forged`: one bit of each packet is turned. */
  readonly packets: 'authentic' | 'forged';
}

const parts: readonly Part[] = [
  { figure: 'aesCmSha1_80UsPerPacket', suite: 'AES_CM_128_HMAC_SHA1_80', packets: 'authentic' },
  { figure: 'aesCmSha1_32UsPerPacket', suite: 'AES_CM_128_HMAC_SHA1_32', packets: 'authentic' },
  { figure: 'aesGcmUsPerPacket', suite: 'AEAD_AES_128_GCM', packets: 'authentic' },
  { figure: 'aesCmSha1_80UsPerForgery', suite: 'AES_CM_128_HMAC_SHA1_80', packets: 'forged' },
  { figure: 'aesGcmUsPerForgery', suite: 'AEAD_AES_128_GCM', packets: 'forged' },
];

export const srtp: Bench = {
  name: 'srtp',
  about: 'microseconds of CPU to open a sealed packet of 20 ms of G.711, all streams in turn',
  goals: () => parts.slice(0, 3).map(({ figure }) => ({ figure, atMost: libraryUs })),
  async run({ seconds, streams, say }): Promise<Figures> {
    const random = seededRandom(1);
    const figures: Record<string, number> = {};
    for (const part of parts) {
      say(`${part.suite}, ${part.packets}, ${streams} streams`);
      figures[part.figure] = Math.round(costUs(part, streams, seconds / parts.length, random) * 100) / 100;
    }
    return figures;
  },
};

/** Microseconds of CPU a packet, those of the garbage collector's threads included. Sealing is not counted. */
function costUs({ suite, packets }: Part, streams: number, seconds: number, random: Random): number {
  const pairs = Array.from({ length: streams }, () => {
    const keyAndSalt = random.bytes(keyAndSaltBytes(suite));
    const key = { suite, keyAndSalt: keyAndSalt.toString('base64') };
    return { sender: new SrtpSender({ suite, keyAndSalt }), receiver: new SrtpReceiver({ key }) };
  });
  const payload = random.bytes(payloadBytes);
  const endMs = systemClock.monotonicMs() + 1_000 * seconds;
  let [opened, spentUs] = [0, 0];
  for (let sequence = 0; opened === 0 || systemClock.monotonicMs() < endMs; sequence += packetsPerTurn) {
    const turn = pairs.map(({ sender, receiver }) => {
      const sealed = Array.from({ length: packetsPerTurn }, (_, at) => {
        const fields = { payloadType: 0, sequence: sequence + at, timestamp: 160 * (sequence + at), ssrc: 1 };
        const datagram = sender.seal(buildRtp(fields, payload));
        if (packets === 'forged') datagram[20]! ^= 1;
        return datagram;
      });
      return { receiver, sealed };
    });
    const before = process.cpuUsage();
    for (let at = 0; at < packetsPerTurn; at += 1)
      for (const { receiver, sealed } of turn) if (typeof receiver.open(sealed[at]!) !== 'string') receiver.accept();
    // The first turn is for the compiler.
    if (sequence > 0) {
      const { user, system } = process.cpuUsage(before);
      spentUs += user + system;
      opened += streams * packetsPerTurn;
    }
  }
  return spentUs / opened;
}
