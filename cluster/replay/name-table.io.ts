// Where the facts that go by a name stand, of more names than memory could hold: tables on the disk, looked into by hash. A table that is
// two thirds full is followed by one four times as large, so that of a hundred million names seven are looked into. Its entries follow
// from what they point to: tables that are not there are filled again.
//
//     slot    0            12              18         22         26          32
//             | SHA-256    | segment began | its      | block    | its first |
//             | of a name  | at ms         | ordinal  |          | byte      |
//     The first slot of a table holds how many are taken. A slot of zeros is free; who is not in its slot is in one behind it.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A block of a journal. */
export interface BlockPlace {
  readonly startedAtMs: number;
  readonly ordinal: number;
  readonly block: number;
  readonly offset: number;
}

interface Table {
  readonly descriptor: number;
  readonly slots: number;
  taken: number;
  phase: 'synced' | 'written';
}

const slotBytes = 32;
const hashBytes = 12;
const slotsOfFirst = 2 ** 16;
const growth = 4;
/** Slots that are read at a time: a page of the disk. */
const readSlots = 128;

const fdatasync = promisify(fs.fdatasync);

export class NameTable {
  /** There was none before. */
  readonly isNew: boolean;
  readonly #folder: string;
  readonly #tables: Table[] = [];
  readonly #page = Buffer.alloc(readSlots * slotBytes);

  /** Makes the folder where it is missing. */
  constructor(folder: string) {
    this.#folder = folder;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of fs.readdirSync(folder).sort()) if (/^names-\d\d$/.test(name)) this.#open(name);
    this.isNew = this.#tables.length === 0;
    if (this.isNew) this.#grow();
  }

  find(name: string): BlockPlace | undefined {
    const hash = hashOf(name);
    for (const table of this.#tables) {
      const { entry } = this.#slotOf(table, hash);
      if (entry) return placeIn(entry);
    }
    return undefined;
  }

  /** In the place of what was said of the name before. Power loss may take it until {@link sync}. */
  put(name: string, place: BlockPlace): void {
    const hash = hashOf(name);
    for (const table of this.#tables) {
      const { at, entry } = this.#slotOf(table, hash);
      if (!entry) continue;
      this.#write(table, at, hash, place);
      return;
    }
    if (this.#tables.at(-1)!.taken * 3 > this.#tables.at(-1)!.slots * 2) this.#grow();
    const last = this.#tables.at(-1)!;
    last.taken += 1;
    this.#write(last, this.#slotOf(last, hash).at, hash, place);
  }

  /** Resolves when power loss can no longer take what was put. */
  async sync(): Promise<void> {
    for (const table of this.#tables) {
      if (table.phase === 'synced') continue;
      table.phase = 'synced';
      const head = Buffer.alloc(slotBytes);
      head.writeUIntBE(table.taken, 0, 6);
      fs.writeSync(table.descriptor, head, 0, slotBytes, 0);
      await fdatasync(table.descriptor);
    }
  }

  close(): void {
    for (const { descriptor } of this.#tables) fs.closeSync(descriptor);
  }

  /** The slot of a hash: with its entry, or the free one where it is to stand. */
  #slotOf({ descriptor, slots }: Table, hash: Buffer): { readonly at: number; readonly entry?: Buffer } {
    const home = hash.readUInt32BE(0) % (slots - 1);
    for (let looked = 0; looked < slots - 1; ) {
      const first = (home + looked) % (slots - 1);
      const count = Math.min(readSlots, slots - 1 - first);
      fs.readSync(descriptor, this.#page, 0, count * slotBytes, (1 + first) * slotBytes);
      for (let index = 0; index < count; index += 1) {
        const entry = this.#page.subarray(index * slotBytes, (index + 1) * slotBytes);
        if (entry.compare(hash, 0, hashBytes, 0, hashBytes) === 0) return { at: 1 + first + index, entry };
        if (isFree(entry)) return { at: 1 + first + index };
      }
      looked += count;
    }
    throw new Error('a table of names is full');
  }

  #write(table: Table, at: number, hash: Buffer, { startedAtMs, ordinal, block, offset }: BlockPlace): void {
    const slot = Buffer.alloc(slotBytes);
    hash.copy(slot, 0, 0, hashBytes);
    slot.writeUIntBE(startedAtMs, 12, 6);
    slot.writeUInt32BE(ordinal, 18);
    slot.writeUInt32BE(block, 22);
    slot.writeUIntBE(offset, 26, 6);
    fs.writeSync(table.descriptor, slot, 0, slotBytes, at * slotBytes);
    table.phase = 'written';
  }

  #grow(): void {
    const slots = slotsOfFirst * growth ** this.#tables.length;
    const name = `names-${String(this.#tables.length).padStart(2, '0')}`;
    const path = join(this.#folder, name);
    fs.closeSync(fs.openSync(path, 'wx', 0o600));
    fs.truncateSync(path, slots * slotBytes);
    const folder = fs.openSync(this.#folder, 'r');
    fs.fsyncSync(folder);
    fs.closeSync(folder);
    this.#open(name);
  }

  #open(name: string): void {
    const descriptor = fs.openSync(join(this.#folder, name), 'r+');
    const head = Buffer.alloc(slotBytes);
    fs.readSync(descriptor, head, 0, slotBytes, 0);
    const slots = fs.fstatSync(descriptor).size / slotBytes;
    this.#tables.push({ descriptor, slots, taken: head.readUIntBE(0, 6), phase: 'synced' });
  }
}

function hashOf(name: string): Buffer {
  return createHash('sha256').update(name).digest().subarray(0, hashBytes);
}

function isFree(entry: Buffer): boolean {
  for (let at = 0; at < hashBytes; at += 1) if (entry[at] !== 0) return false;
  return true;
}

function placeIn(entry: Buffer): BlockPlace {
  return {
    startedAtMs: entry.readUIntBE(12, 6),
    ordinal: entry.readUInt32BE(18),
    block: entry.readUInt32BE(22),
    offset: entry.readUIntBE(26, 6),
  };
}
