// Opens single packets under one master key, in place: whether they are authentic, and what they say. Remembers nothing
// between two packets: which index a packet has, and whether it came before, is judged elsewhere.

import { AesCmPackets } from './aes-cm-packets.ts';
import { AesGcmPackets } from './aes-gcm-packets.ts';
import { sessionKeys } from './session-keys.ts';
import { type SrtpKey, srtpSuites } from './suite.ts';

/** Lengths are those of the packet without what SRTP added; -1: it is not authentic, or too short. */
export interface PacketCipher {
  /** An SRTP packet, taken to be the one of that index (48 bits), its payload from `bodyAt` on. Changed only if authentic. */
  openRtp(packet: Buffer, bodyAt: number, index: number): number;
  openRtcp(packet: Buffer): number;
  /** The index that an SRTCP packet says it has, 31 bits; -1 when it is too short to say. */
  controlIndexOf(packet: Buffer): number;
}

export function packetCipher({ suite: name, keyAndSalt, identifier = '' }: SrtpKey): PacketCipher {
  const suite = srtpSuites[name];
  const master = Buffer.from(keyAndSalt, 'base64');
  const keys = { rtp: sessionKeys(suite, master, 'rtp'), rtcp: sessionKeys(suite, master, 'rtcp') };
  const mki = Buffer.from(identifier, 'hex');
  return suite.cipher === 'aes-cm' ? new AesCmPackets(suite, keys, mki) : new AesGcmPackets(keys, mki);
}
