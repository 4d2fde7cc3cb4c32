// How facts leave a process: each is kept in a journal of the process, and told in a stream of Redis when power loss can no longer take
// it. Redis says up to where it has what we told. Whatever it does not have is told again: after it was away, was emptied, or was replaced by a
// replica that lagged, and after this process was restarted. Must never make anybody wait for Redis.

import type { KeyObject } from 'node:crypto';
import { FactJournal, type FactJournalOptions, type Facts } from '#cluster/facts';
import {
  factStreamOf,
  factStreams,
  factsAskedKey,
  factsKey,
  factsToldKey,
  lastWordKey,
  type RedisConnection,
  readScript,
} from '#cluster/redis';
import type { Clock, Timer } from '#src/ports';
import { type Fact, type WrittenFact, writeFact } from './fact.schema.ts';
import { type FactToTell, Kept, type KeptFact } from './kept.ts';

/** What stands in the journal of an outbox. */
export type OutboxNote =
  | { readonly type: 'writer'; readonly writer: string }
  | { readonly type: 'kept'; readonly fact: KeptFact };

export interface OutboxOptions {
  readonly redis: RedisConnection;
  /** Names the process. */
  readonly node: string;
  readonly process: string;
  readonly clock: Clock;
  /** Between two looks whether Redis has what it took, and whether anybody has missed something. */
  readonly lookMs?: number;
  /** What is kept at most, of facts as text. Of what Redis has, half as much. */
  readonly bytesMax: number;
  readonly onAlarm: (alarm: { readonly alarm: string; readonly message: string }) => void;
}

export interface OutboxJournal extends Pick<FactJournalOptions<OutboxNote>, 'folder' | 'onCut' | 'files'> {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const writerSubject = 'writer';
/** As many of the bytes that are kept has a segment: it comes to hold a copy of them. */
const segmentFactor = 4;
const batchMax = 100;
/** What a stream keeps, about. */
const streamEntriesMax = 8_192;
/** A fact that takes more is not told. */
const factBytesMax = 2 ** 19;
/** How long the last word on a couple can be found by its key. */
const coupleKeptMs = 86_400_000;
/** A writer that has told nothing for so long tells everything again. */
const toldKeptMs = 7 * 86_400_000;
const lookMsDefault = 5_000;
/** After a Redis that answered too late, or not at all. */
const retryMs = 500;

interface Scripts {
  /** One command for a batch, and its text once: a command for each thing that is written cost more than all else that is done to tell it. */
  tellFacts(stream: string, told: string, ...args: readonly (string | number)[]): Promise<string | null>;
}

/** Facts of one stream, and what Redis has of them. */
interface Line {
  readonly stream: number;
  readonly kept: Kept;
  /** `asking`: Redis has not said yet what an earlier process had told. */
  phase: 'asking' | 'told' | 'telling';
}

export class Outbox {
  /** Names this process, and the journal that it counts its facts in, for all times. */
  readonly writer: string;
  readonly #options: OutboxOptions;
  readonly #scripts: Scripts;
  readonly #journal: Facts<OutboxNote>;
  readonly #lines: readonly Line[];
  #looking: Timer | undefined;
  #retry: Timer | undefined;
  #phase: 'running' | 'stopped' = 'running';

  /** `isCut`: some of what stood in the journal may be lost, so that offsets would be given twice. */
  constructor(journal: Facts<OutboxNote>, options: OutboxOptions, isCut = false) {
    const { redis, node, process, clock } = options;
    this.#options = options;
    redis.defineCommand('tellFacts', { numberOfKeys: 2, lua: readScript(import.meta.url, 'tell-facts-2') });
    this.#scripts = redis as unknown as Scripts;
    this.#journal = journal;
    this.#lines = Array.from({ length: factStreams }, (_, stream) => ({ stream, kept: new Kept(), phase: 'asking' }));
    const [known] = journal.of(writerSubject);
    this.writer =
      known?.type === 'writer' && !isCut ? known.writer : `${node}/${process}/${clock.nowMs().toString(36)}`;
    if (known?.type !== 'writer' || known.writer !== this.writer)
      journal.replace(writerSubject, { type: 'writer', writer: this.writer });
    const notes = journal.subjects().flatMap((subject) => journal.of(subject));
    const facts = notes.flatMap((note) => (note.type === 'kept' ? [note.fact] : []));
    for (const fact of facts.sort((a, b) => a.offset - b.offset)) this.#lineOf(fact.subject).kept.restore(fact);
    for (const line of this.#lines) if (line.kept.bytes === 0) line.phase = 'told';
    redis.on('ready', () => void this.#look());
    this.#lookLater();
    void this.#look();
  }

  /** Reads what earlier processes had to tell, and goes on telling it. */
  static async open(options: OutboxOptions, { onCut, ...keys }: OutboxJournal): Promise<Outbox> {
    const { bytesMax, onAlarm } = options;
    let isCut = false;
    const journal = await FactJournal.open<OutboxNote>({
      ...keys,
      writer: 'outbox',
      segmentBytesMax: segmentFactor * bytesMax,
      onAlarm,
      onCut: (report) => {
        isCut = true;
        onCut(report);
      },
    });
    return new Outbox(journal, options, isCut);
  }

  /** How many facts Redis is not known to have. */
  get untold(): number {
    return this.#lines.reduce((sum, { kept }) => sum + kept.untold, 0);
  }

  /** What a beat says of it: up to which offset everything stands in each stream. */
  get heads(): { readonly writer: string; readonly heads: number[] } {
    return { writer: this.writer, heads: this.#lines.map(({ kept }) => kept.told) };
  }

  /** As {@link tellWritten}. */
  tell(facts: readonly Fact[]): void {
    this.tellWritten(facts.map(writeFact));
  }

  /** When it returns, kill -9 can no longer take the facts, and they are told as soon as Redis takes them. */
  tellWritten(facts: readonly WrittenFact[]): void {
    const changed = new Set(facts.flatMap((fact) => this.#keep(fact) ?? []));
    if (changed.size === 0) return;
    this.#journal.secure();
    for (const line of changed) {
      this.#trim(line);
      void this.#tell(line);
    }
  }

  /** Resolves when power loss can no longer take what was told. */
  durable(): Promise<void> {
    return this.#journal.durable();
  }

  compact(): Promise<void> {
    return this.#journal.compact();
  }

  /** What is not told yet is told by the next process, which has the same journal. */
  stop(): void {
    this.#phase = 'stopped';
    this.#looking?.cancel();
    this.#retry?.cancel();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#journal.close();
  }

  #lineOf(subject: string): Line {
    return this.#lines[factStreamOf(subject)]!;
  }

  #keep({ subject, type, text }: WrittenFact): Line | undefined {
    if (text.length > factBytesMax) {
      const message = `a fact on ${subject} has ${text.length} characters, ${factBytesMax} are allowed: it is not told`;
      this.#options.onAlarm({ alarm: 'fact-too-large', message });
      return undefined;
    }
    const line = this.#lineOf(subject);
    const kept = line.kept.put({ subject, type, text });
    if (!kept) return undefined;
    this.#journal.replace(subject, { type: 'kept', fact: kept });
    return line;
  }

  #trim({ kept }: Line): void {
    const bytesMax = this.#options.bytesMax / factStreams;
    if (kept.bytes <= bytesMax / 2) return;
    const { forgotten, lost } = kept.trim(bytesMax / 2, bytesMax);
    for (const subject of forgotten) this.#journal.forget(subject);
    if (lost === 0) return;
    const message = `${lost} facts were let go before Redis took them: more than ${this.#options.bytesMax} bytes wait for it`;
    this.#options.onAlarm({ alarm: 'outbox-full', message });
  }

  /** All that Redis does not have, in batches, each of which says what Redis had before it. */
  async #tell(line: Line): Promise<void> {
    const { redis } = this.#options;
    const { stream, kept } = line;
    if (line.phase !== 'told' || this.#isStopped() || redis.status !== 'ready') return;
    line.phase = 'telling';
    for (let batch = kept.next(batchMax); batch.length > 0; batch = kept.next(batchMax)) {
      const { told } = kept;
      const had = await this.#write(stream, batch).catch(() => undefined);
      if (had === undefined) break;
      // Meanwhile somebody may have asked for more.
      if (kept.told === told) kept.know(had < told ? had : batch.at(-1)!.offset);
    }
    line.phase = 'told';
    if (kept.untold > 0) this.#tellLater();
    else this.#trim(line);
  }

  /** Gives up to where Redis had everything before. Rejects when it may not have taken them. */
  async #write(stream: number, batch: readonly FactToTell[]): Promise<number> {
    await this.#journal.durable();
    if (this.#isStopped()) throw new Error('stopped');
    const args = batch.flatMap(({ subject, offset, after, type, text }) => {
      const key = type === 'couple' ? lastWordKey(subject) : '';
      return [type, offset, after, text, key];
    });
    const told = factsToldKey(stream, this.writer);
    const bounds = [streamEntriesMax, coupleKeptMs, toldKeptMs];
    const had = await this.#scripts.tellFacts(factsKey(stream), told, this.writer, ...bounds, ...args);
    return Number(had ?? 0);
  }

  #tellLater(): void {
    if (this.#isStopped()) return;
    this.#retry ??= this.#options.clock.after(retryMs, () => {
      this.#retry = undefined;
      void this.#look();
    });
  }

  #lookLater(): void {
    const { clock, lookMs = lookMsDefault } = this.#options;
    this.#looking = clock.after(lookMs, () => {
      this.#lookLater();
      void this.#look();
    });
  }

  /** Asks Redis what it has, while nothing is being told: each batch asks, too. A Redis that does not answer is asked again. */
  async #look(): Promise<void> {
    if (this.#isStopped() || this.#options.redis.status !== 'ready') return;
    await Promise.all(this.#lines.map((line) => this.#lookAt(line)));
  }

  async #lookAt(line: Line): Promise<void> {
    const { redis } = this.#options;
    const { stream, kept, phase } = line;
    if (phase === 'telling' || kept.bytes === 0) return;
    const { told } = kept;
    try {
      const [has, asked] = await redis.mget(factsToldKey(stream, this.writer), factsAskedKey(stream, this.writer));
      if (line.phase !== phase || kept.told !== told) return;
      const known = Number(has ?? 0);
      if (phase === 'asking' || known < told) kept.know(known);
      line.phase = 'told';
      if (asked != null) {
        await redis.del(factsAskedKey(stream, this.writer));
        kept.know(Math.min(kept.told, Number(asked) - 1));
      }
      await this.#tell(line);
    } catch {
      // The connection says that Redis is away.
      if (kept.untold > 0) this.#tellLater();
    }
  }

  #isStopped(): boolean {
    return this.#phase === 'stopped';
  }
}
