// A journal as large as one segment of capture becomes, with the packets of very many calls, torn in its last block as a kill
// leaves it: written by the journal itself, because no machine for drills carries so many calls beside those who place them.

import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ensureKeyPair, Journal, loadPrivateKey, loadPublicKey, readStreams } from '#src/journal';
import { buildRtp } from '#src/media';
import { captureWriter } from '#src/media/capture';
import { systemClock } from '#src/ports';

/** What reading it to its torn end came to. Rejects when it does not give back every packet of every whole block. */
export interface LargeJournalReading {
  readonly ms: number;
  readonly packets: number;
  readonly bytes: number;
}

/** The default of capture. */
const segmentBytesMax = 256 * 2 ** 20;
const streamsPerCall = 2;
/** What 16 ms hold of packets that come every 20 ms. */
const blockShare = 0.8;
const payload = Buffer.alloc(160, 0x55);
const packetBytesMax = 200;
const roundsPerTurn = 20;

/** Writes it into a folder, and reads it as finishing does: opened with the private key, by streams. */
export async function readLargeJournal(folder: string, keysDir: string, calls: number): Promise<LargeJournalReading> {
  const keys = await ensureKeyPair(keysDir);
  const publicKey = await loadPublicKey(keys.publicKeyFile);
  const journal = new Journal({ folder, writer: captureWriter, publicKey, segmentBytesMax });
  try {
    const streams = Array.from({ length: streamsPerCall * calls }, (_, index) => `stream ${index}`);
    for (const [index, stream] of streams.entries()) journal.fact(index + 1, { fact: 'stream-opened', stream });
    const packets = streams.map((_, ssrc) =>
      buildRtp({ payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc }, payload),
    );
    const roundBytesMax = packetBytesMax * streams.length;
    let rounds = 0;
    for (; journal.position.offset + 4 * roundBytesMax < segmentBytesMax; rounds += 1) {
      appendOne(journal, packets, rounds);
      if (rounds % roundsPerTurn === 0) await nextTurn();
    }
    journal.flush();
    // All of them in one block, which is the one that is torn.
    for (const [index, packet] of packets.entries()) journal.append('rtp', index + 1, 0, packet);
    await journal.durable();
    const { segment, offset } = journal.position;
    await truncate(join(folder, segment), offset - 1);
    const startedMs = systemClock.monotonicMs();
    const privateKey = await loadPrivateKey(keys.privateKeyFile);
    const wanted = { folder, writer: captureWriter, privateKey, streams: new Set(streams) };
    let found = 0;
    for await (const batch of readStreams(wanted)) for (const { kind } of batch) if (kind === 'rtp') found += 1;
    const ms = Math.round(systemClock.monotonicMs() - startedMs);
    const whole = rounds * streams.length;
    if (found !== whole) throw new Error(`of ${whole} packets in whole blocks ${found} were read`);
    return { ms, packets: found, bytes: offset };
  } finally {
    await journal.close();
  }
}

/** A packet of each stream, in blocks of 16 ms. */
function appendOne(journal: Journal, packets: readonly Buffer[], round: number): void {
  const perBlock = Math.ceil(blockShare * packets.length);
  for (const [index, packet] of packets.entries()) {
    packet.writeUInt16BE(round & 0xffff, 2);
    packet.writeUInt32BE(160 * round, 4);
    journal.append('rtp', index + 1, systemClock.nowMs() * 1_000, packet);
    if ((round * packets.length + index) % perBlock === perBlock - 1) journal.flush();
  }
}
