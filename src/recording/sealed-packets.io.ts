// The sealed packets of a finished recording, opened a block at a time. Several may read them side by side, as the voices of a call do: each
// block is read, verified and opened once as long as they are not far apart.

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, TwinreelError } from '#src/errors';
import { type Block, type JournalRecord, type Position, SegmentReader } from '#src/journal';
import { destroyedFile } from './destroy.io.ts';
import type { StoredRecording } from './store.io.ts';

/** Blocks of 256 KiB that are kept for who comes after: of a call of two voices almost a minute. */
const keptBlocks = 4;

export class SealedPackets {
  readonly #recording: StoredRecording;
  readonly #privateKeys: readonly KeyObject[];
  readonly #kept = new Map<number, Block>();
  #positions: Position[] = [];
  #reader: SegmentReader | undefined;
  #reading = 0;
  /** One block is opened at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** One of the keys opens it: those of all nodes, where it is not known whose it is. */
  constructor(recording: StoredRecording, privateKeys: readonly KeyObject[]) {
    this.#recording = recording;
    this.#privateKeys = privateKeys;
  }

  /**
   * RTP and RTCP in the order in which capture wrote them; `stream` counts the streams of the manifest from 1.
   * @throws TwinreelError `recording-destroyed`, `journal-key-unusable`, `journal-unreadable`.
   */
  async *blocks(): AsyncGenerator<readonly JournalRecord[]> {
    this.#reading += 1;
    try {
      for (let number = 0; ; number += 1) {
        const block = this.#kept.get(number) ?? (await this.#inTurn(() => this.#open(number)));
        if (!block) return;
        yield block.records;
      }
    } finally {
      this.#reading -= 1;
      if (this.#reading === 0) await this.#inTurn(() => this.#close());
    }
  }

  async #open(number: number): Promise<Block | undefined> {
    const kept = this.#kept.get(number);
    if (kept) return kept;
    this.#reader ??= await this.#openFile();
    const reader = this.#reader;
    if (reader.position.block !== number) reader.goTo(this.#positions[number]!);
    this.#positions[number] = reader.position;
    const block = await reader.next();
    if (!block) return undefined;
    this.#positions[number + 1] = reader.position;
    this.#kept.set(number, block);
    // Of those that are in a Map the first one is there longest.
    if (this.#kept.size > keptBlocks) this.#kept.delete(this.#kept.keys().next().value!);
    return block;
  }

  #openFile(): Promise<SegmentReader> {
    const { folder, manifest } = this.#recording;
    if (existsSync(join(folder, destroyedFile))) {
      const message = `the media of this recording was destroyed, ${destroyedFile} in its folder says by whom; its metadata is kept`;
      throw new TwinreelError('recording-destroyed', message, { folder });
    }
    return openWithOneOf(join(folder, manifest.facts.copies[0]!.file), this.#privateKeys);
  }

  /** Until somebody reads again. */
  async #close(): Promise<void> {
    if (this.#reading > 0) return;
    const reader = this.#reader;
    this.#reader = undefined;
    this.#kept.clear();
    this.#positions = [];
    await reader?.close();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

async function openWithOneOf(path: string, [privateKey, ...others]: readonly KeyObject[]): Promise<SegmentReader> {
  if (!privateKey) throw new TwinreelError('journal-key-unusable', `none of the keys here opens ${path}`, { path });
  try {
    return await SegmentReader.open(path, { privateKey });
  } catch (error) {
    if (codeOf(error) !== 'journal-key-unusable') throw error;
    return openWithOneOf(path, others);
  }
}
