// Looks for what was said in a pause in every file of a node: in its bytes as they are, in every record that the node's key
// opens, in what was withheld as far as its keys were given. Finds packets by their header, and counters without it.

import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { SentPacket } from '#ops/lab/msr-source';
import type { Layout } from '#src/config';
import {
  keyIdOf,
  loadPrivateKey,
  openWithheld,
  SegmentReader,
  type WithheldKey,
  type WithheldRelease,
} from '#src/journal';
import type { Load } from './load.io.ts';
import { placeOf } from './paused-stretch.ts';

/** Found, each packet once. `spoken`: outside of every pause; that there are any shows that the search can find. */
export interface DiskSearch {
  readonly paused: number;
  readonly spoken: number;
}

const chunkBytes = 2 ** 20;
const zeros = Buffer.alloc(chunkBytes);
/** What is looked for may lie across two chunks. */
const overlapBytes = 16;

/** Searches the journals and the recordings of a node. */
export async function searchDisk(load: Load, layout: Layout): Promise<DiskSearch> {
  const streams = load.calls.flatMap(({ parties }) =>
    parties.flatMap(({ ssrc, stream }) =>
      stream ? [{ ssrc, packets: [...stream.ledger], pauses: load.pausesOf(ssrc) }] : [],
    ),
  );
  const sought = streams.map(({ ssrc, packets }) => new SoughtStream(ssrc, packets));
  for await (const bytes of everythingReadable(layout)) for (const one of sought) one.lookIn(bytes);
  const search = { paused: 0, spoken: 0 };
  for (const [at, { pauses }] of streams.entries()) {
    for (const index of sought[at]!.found) {
      const place = placeOf(index, pauses);
      if (place !== 'border') search[place] += 1;
    }
  }
  return search;
}

/** The packets of one stream, to be found by what follows its SSRC: behind a timestamp, or as the tag of a counter. */
class SoughtStream {
  /** Places in the ledger. */
  readonly found = new Set<number>();
  readonly #ssrc = Buffer.alloc(4);
  readonly #indexes: ReadonlyMap<number, number>;
  readonly #count: number;

  constructor(ssrc: number, packets: readonly SentPacket[]) {
    this.#ssrc.writeUInt32BE(ssrc);
    this.#indexes = new Map(packets.map(({ sequence, timestamp }, index) => [timestamp * 65_536 + sequence, index]));
    this.#count = packets.length;
  }

  lookIn(bytes: Buffer): void {
    for (let at = bytes.indexOf(this.#ssrc); at >= 0; at = bytes.indexOf(this.#ssrc, at + 1)) {
      if (at < 8) continue;
      const header = this.#indexes.get(bytes.readUInt32BE(at - 4) * 65_536 + bytes.readUInt16BE(at - 6));
      if (header !== undefined) this.found.add(header);
      // Every slot of a drill's call is sent, and once: the slot that a counter says is its packet's place in the ledger.
      const slot = bytes.readUInt32BE(at - 8) === 0 ? bytes.readUInt32BE(at - 4) : this.#count;
      if (slot < this.#count) this.found.add(slot);
    }
  }
}

async function* everythingReadable(layout: Layout): AsyncGenerator<Buffer> {
  const { captureJournalDir, edgeJournalDir, recorderJournalDir, recordingsDir, runDir, keysDir } = layout;
  const privateKey = await loadPrivateKey(join(keysDir, 'journal-private.pem'));
  const withheld: Buffer[] = [];
  const keys = new Map<string, WithheldKey>();
  for (const folder of [captureJournalDir, edgeJournalDir, recorderJournalDir, recordingsDir, runDir]) {
    for (const path of filesBelow(folder)) {
      yield* chunksOf(path);
      // Files of another key, and files that are no segments, are not opened.
      const reader = await SegmentReader.open(path, { privateKey }).catch(() => undefined);
      for (let block = await reader?.next(); block; block = await reader?.next()) {
        for (const { kind, bytes } of block.records) {
          yield bytes;
          if (kind === 'withheld') withheld.push(bytes);
          if (kind !== 'fact') continue;
          const fact = JSON.parse(bytes.toString()) as Partial<WithheldRelease>;
          if (fact.fact === 'stream-released') for (const key of fact.keys ?? []) keys.set(key.id, key);
        }
      }
      await reader?.close();
    }
  }
  for (const record of withheld) {
    const key = keys.get(keyIdOf(record));
    const opened = key && openWithheld(record, key);
    if (opened) yield opened.bytes;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The bytes of a file, but for what is allocated and was never written. A file may be gone meanwhile. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return;
  try {
    for (let at = 0; ; at += chunkBytes - overlapBytes) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
      if (chunk.compare(zeros, 0, bytesRead, 0, bytesRead) !== 0) yield chunk.subarray(0, bytesRead);
      if (bytesRead < chunkBytes) return;
    }
  } finally {
    await file.close();
  }
}
