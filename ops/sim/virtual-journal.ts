// A journal of facts on a disk in memory, as the real one promises it: what was noted is written with the next block, 20 ms later or
// when somebody asks for it; kill -9 takes what was not written, power loss what was not synced.

import { isDeepStrictEqual } from 'node:util';
import { decodeEntry, type Entry, EntryReader, encodeEntry, type Facts, type NumberedFacts } from '#cluster/facts';
import type { VirtualProcess } from './virtual-process.ts';
import type { World } from './world.ts';

const blockMs = 20;
const syncEveryMs = 100;
const syncTakesMs = 8;

/** What one incarnation has written; the next one begins with a segment of its own, and this one is deleted. */
interface Segment {
  readonly entries: Entry<unknown>[];
  synced: number;
  /** What somebody was told that power loss cannot take. */
  promised: number;
}

/** What stands on the disk of a host, of all processes of one kind that ran there. */
export class VirtualDisk {
  readonly name: string;
  segment: Segment = { entries: [], synced: 0, promised: 0 };
  epoch = 0;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  /** What was not synced may be there or not, from its end on. */
  losePower(): void {
    const { entries, synced, promised } = this.segment;
    const kept = synced + Math.floor(this.#world.between(0, entries.length - synced + 1));
    const lost = entries.length - kept;
    entries.length = kept;
    if (kept < promised)
      this.#world.breach(
        'what is promised is kept',
        `${this.name} had promised ${promised} entries, ${kept} are left after power loss`,
      );
    if (lost > 0) this.#world.note(this.name, `${lost} entries went with the power`);
  }

  /** The facts that are there for whoever comes next: what is not forgotten goes the way through JSON. */
  read<Fact>(): ReadonlyMap<string, NumberedFacts<Fact>> {
    const needed = new Map<string, Entry<unknown>[]>();
    for (const entry of this.segment.entries) {
      const known = needed.get(entry.of);
      if ('forget' in entry) needed.delete(entry.of);
      else if (entry.sum) needed.set(entry.of, [entry]);
      else if (known) known.push(entry);
      else needed.set(entry.of, [entry]);
    }
    const reader = new EntryReader<Fact>();
    for (const entry of [...needed.values()].flat()) reader.add(decodeEntry<Fact>(encodeEntry(entry)));
    return reader.known;
  }
}

interface Known<Fact> {
  readonly facts: NumberedFacts<Fact>;
  last: number;
}

/** As it is after a way through JSON. */
function plainOf(facts: NumberedFacts<unknown>): string {
  return JSON.stringify([...facts]);
}

export class VirtualJournal<Fact> implements Facts<Fact> {
  readonly epoch: number;
  readonly #process: VirtualProcess;
  readonly #disk: VirtualDisk;
  readonly #segment: Segment;
  readonly #bySubject = new Map<string, Known<Fact>>();
  #noted: Entry<unknown>[] = [];
  #waiting: { upTo: number; resolve: () => void }[] = [];
  #syncing: 'no' | 'soon' | 'now' = 'no';

  /** Reads what earlier incarnations left, and begins anew with what of it is still needed. */
  constructor(process: VirtualProcess, disk: VirtualDisk) {
    this.#process = process;
    this.#disk = disk;
    for (const [subject, facts] of disk.read<Fact>()) {
      this.#bySubject.set(subject, { facts, last: Math.max(...facts.keys()) });
    }
    const entries = [...this.#bySubject].flatMap(([of, { facts }]) =>
      [...facts].map(([n, numbered]): Entry<unknown> => ({ of, n, ...numbered })),
    );
    this.#segment = { entries, synced: entries.length, promised: entries.length };
    disk.segment = this.#segment;
    disk.epoch = Math.max(disk.epoch + 1, Math.floor(process.clock.nowMs()));
    this.epoch = disk.epoch;
  }

  of(subject: string): readonly Fact[] {
    return [...(this.#bySubject.get(subject)?.facts.values() ?? [])].map(({ fact }) => fact);
  }

  subjects(): readonly string[] {
    return [...this.#bySubject.keys()];
  }

  write(subject: string, facts: readonly Fact[]): void {
    this.note(subject, facts);
    this.secure();
  }

  note(subject: string, facts: readonly Fact[]): void {
    if (facts.length === 0) return;
    const known: Known<Fact> = this.#bySubject.get(subject) ?? { facts: new Map(), last: 0 };
    this.#bySubject.set(subject, known);
    for (const fact of facts) {
      known.last += 1;
      known.facts.set(known.last, { fact });
      this.#append({ of: subject, n: known.last, fact });
    }
  }

  replace(subject: string, fact: Fact): void {
    const last = (this.#bySubject.get(subject)?.last ?? 0) + 1;
    this.#bySubject.set(subject, { facts: new Map([[last, { fact, sum: true }]]), last });
    this.#append({ of: subject, n: last, fact, sum: true });
  }

  secure(): void {
    if (this.#process.phase === 'dead' || this.#noted.length === 0) return;
    if (this.#process.host.world.isPlanted('facts-not-secured')) return;
    this.#flush();
  }

  durable(): Promise<void> {
    this.#flush();
    const { world } = this.#process.host;
    const segment = this.#segment;
    const upTo = segment.entries.length;
    const promise = () => {
      segment.promised = Math.max(segment.promised, upTo);
    };
    if (segment.synced === upTo || world.isPlanted('acknowledged-before-sync')) {
      promise();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.push({
        upTo,
        resolve() {
          promise();
          resolve();
        },
      });
      this.#sync();
    });
  }

  forget(subject: string): void {
    if (!this.#bySubject.delete(subject)) return;
    this.#append({ of: subject, forget: true });
  }

  /** Whoever reads the disk must come to what this process believes, unless something still waits to be written. */
  compare(): void {
    if (this.#noted.length > 0 || this.#disk.segment !== this.#segment) return;
    const onDisk = new Map([...this.#disk.read<Fact>()].map(([of, facts]) => [of, plainOf(facts)]));
    const believed = new Map([...this.#bySubject].map(([of, { facts }]) => [of, plainOf(facts)]));
    if (!isDeepStrictEqual(onDisk, believed))
      this.#process.host.world.breach(
        'facts rebuild the state',
        `${this.#disk.name} reads as ${onDisk.size} subjects, believed are ${believed.size}, or their facts differ`,
      );
  }

  async compact(): Promise<void> {}

  async close(): Promise<void> {}

  #append(entry: Entry<unknown>): void {
    if (this.#noted.length === 0) this.#process.clock.after(blockMs, () => this.#flush());
    this.#noted.push(entry);
  }

  #flush(): void {
    if (this.#process.phase === 'dead' || this.#noted.length === 0) return;
    this.#segment.entries.push(...this.#noted);
    this.#noted = [];
    if (this.#syncing !== 'no') return;
    this.#syncing = 'soon';
    this.#process.clock.after(syncEveryMs, () => this.#sync());
  }

  #sync(): void {
    if (this.#syncing === 'now' || this.#process.phase === 'dead') return;
    this.#syncing = 'now';
    const upTo = this.#segment.entries.length;
    this.#process.clock.after(syncTakesMs, () => {
      this.#segment.synced = upTo;
      this.#syncing = 'no';
      const [done, later] = [
        this.#waiting.filter((one) => one.upTo <= upTo),
        this.#waiting.filter((one) => one.upTo > upTo),
      ];
      this.#waiting = later;
      for (const { resolve } of done) resolve();
      if (later.length > 0) this.#sync();
      else if (this.#segment.entries.length > upTo) {
        this.#syncing = 'soon';
        this.#process.clock.after(syncEveryMs, () => this.#sync());
      }
    });
  }
}
