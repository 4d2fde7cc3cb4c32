// What this process knows of conversations. Facts on those that something was heard of lately are in memory, and in a journal of its own
// until they are replaced; the others are on the disk (settled-facts.io.ts), and read again when a fact on them comes. What is made of
// the facts is the same whichever of them are in memory.

import { createHash, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FactJournal } from '#cluster/facts';
import { type Clock, systemClock } from '#src/ports';
import type { ManifestFacts } from '#src/recording';
import {
  type Consolidated,
  Consolidation,
  type Conversation,
  consolidate,
  endOf,
  type Fact,
  factOfSaying,
  isLater,
  keyOf,
  keysOf,
  type Saying,
  takeKey,
} from '#src/recording/consolidate';
import { SettledFacts, type SettledGroup } from './settled-facts.io.ts';

export interface KnowledgeOptions {
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Bytes of facts, as text, that stay in memory at the most; a few times as much is taken there. */
  readonly bytesMax: number;
  /** What nothing was heard of for so long does not stay. */
  readonly quietMs: number;
  readonly clock?: Clock;
  readonly log: { warn(fields: object, text: string): void; error(fields: object, text: string): void };
}

/** What goes together. */
export interface KnownGroup {
  readonly conversations: readonly Conversation[];
  /** Names by which something else is found: of the two one is wrong. */
  readonly namesElsewhere: readonly string[];
}

export interface KnowledgePage {
  readonly groups: readonly KnownGroup[];
  /** Absent on the last one. */
  readonly next?: string;
}

/** As many of the bytes in memory has a segment: it comes to hold a copy of them. */
const segmentFactor = 4;
const begunFile = 'begun';
/** Where a page ends. */
const inMemory = 'memory ';
const onDisk = 'disk ';
/** Groups that are written, or read, at a time: others wait meanwhile. */
const batchMax = 200;

export class Knowledge {
  /** Nobody has {@link begun} here: what is still told elsewhere is wanted anew, and what lies in the store is to be looked at. */
  readonly isNew: boolean;
  readonly #options: KnowledgeOptions;
  readonly #clock: Clock;
  readonly #journal: FactJournal<Fact>;
  readonly #settled: SettledFacts;
  readonly #consolidation = new Consolidation();
  readonly #sizes = new WeakMap<Fact, number>();
  #bytes = 0;
  #saidMs = 0;
  #phase: 'open' | 'closing' = 'open';
  /** One thing at a time: what is read from the disk must be in memory before anything else is asked. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: (() => void)[] = [];

  private constructor(options: KnowledgeOptions, journal: FactJournal<Fact>, settled: SettledFacts, isNew: boolean) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#journal = journal;
    this.#settled = settled;
    this.isNew = isNew;
  }

  static async open(options: KnowledgeOptions): Promise<Knowledge> {
    const { folder, publicKey, privateKey, bytesMax, log } = options;
    const isNew = !existsSync(join(folder, begunFile));
    const keys = {
      publicKey,
      privateKey,
      onAlarm: ({ alarm, message }: { readonly alarm: string; readonly message: string }) =>
        log.error({ alarm, error: message }, 'alarm'),
      onCut: (report: object) => log.warn(report, 'facts of an earlier replay could not be read to their end'),
    };
    const segmentBytesMax = segmentFactor * bytesMax;
    const journal = await FactJournal.open<Fact>({ ...keys, folder, writer: 'replay', segmentBytesMax });
    const settled = await SettledFacts.open({ ...keys, folder: join(folder, 'settled') });
    const knowledge = new Knowledge(options, journal, settled, isNew);
    for (const subject of journal.subjects()) for (const fact of journal.of(subject)) await knowledge.#recall(fact);
    return knowledge;
  }

  /** Of facts that are in memory, as text. */
  get bytes(): number {
    return this.#bytes;
  }

  /** More is in memory than should be: it has to be settled, and put away. */
  get isFull(): boolean {
    return this.#bytes > 2 * this.#options.bytesMax;
  }

  /** Resolves when the fact is durable: whether it was new. */
  async learn(fact: Fact): Promise<boolean> {
    const isNew = await this.#inTurn(async () => {
      await this.#fetch(keysOf(fact));
      const known = this.#consolidation.like(fact);
      if (known && !isLater(fact, known)) return false;
      const subject = subjectOf(fact);
      if (this.#journal.of(subject).length > 0) this.#journal.forget(subject);
      this.#journal.note(subject, [fact]);
      this.#add(fact);
      return true;
    });
    await this.#journal.durable();
    return isNew;
  }

  /** Resolves when there is room for more: whoever brings facts faster than they are settled waits here. */
  async room(): Promise<void> {
    while (this.isFull && this.#phase === 'open')
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }

  /** It is about to be closed: nobody is to wait for room any more. */
  closing(): void {
    this.#phase = 'closing';
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Whether a recording, which may not be here, is one that was discarded. */
  async isDiscarded(manifest: ManifestFacts): Promise<boolean> {
    const fact: Fact = { type: 'manifest', manifest };
    const sources = consolidate([...(await this.#factsBy(keysOf(fact))), fact]).flatMap((one) => one.sources);
    return sources.some((source) => source.take === manifest.take && endOf(source) === 'discarded');
  }

  /** Which recording a take is of, and where it was recorded. */
  async nameOf(take: string): Promise<Pick<ManifestFacts, 'recordingId' | 'node'> | undefined> {
    const facts = await this.#factsBy([takeKey(take)]);
    const found = facts.find((fact) => fact.type === 'manifest' && fact.manifest.take === take);
    if (found?.type !== 'manifest') return undefined;
    const { recordingId, node } = found.manifest;
    return { recordingId, node };
  }

  /** Names of the audio that was ever wanted of a take. */
  async audioOf(take: string): Promise<readonly string[]> {
    const facts = await this.#factsBy([takeKey(take)]);
    return facts.flatMap((fact) => (fact.type === 'audio' && fact.takes.includes(take) ? [fact.name] : []));
  }

  /** What has changed since it was asked last. */
  takeChanged(): readonly Consolidated[] {
    return this.#consolidation.takeChanged();
  }

  /** Lets go of what is quiet, and of more where there is too much: wanted when everything that {@link takeChanged} gave is settled. */
  async putAway(): Promise<void> {
    for (let away = batchMax; away === batchMax; ) away = await this.#inTurn(() => this.#putSomeAway());
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /**
   * Gives everything that is on the disk alone to {@link takeChanged}, some at a time; `settle` has what was given settled, and put
   * away again, before there is more.
   */
  async recallAll(settle: () => Promise<unknown>): Promise<void> {
    let count = 0;
    for await (const { names } of this.#settled.all()) {
      await this.#inTurn(() => this.#fetch(names.slice(0, 1)));
      count += 1;
      if (count % batchMax === 0) await settle();
    }
    await settle();
  }

  /** All conversations there are with their facts, each once as long as nothing is learnt meanwhile. */
  async *all(): AsyncGenerator<Pick<Consolidated, 'conversations' | 'facts'>> {
    yield* this.#consolidation.all();
    for await (const { names, facts } of this.#settled.all()) {
      if (!this.#consolidation.has(names[0]!)) yield { conversations: consolidate(facts), facts };
    }
  }

  /**
   * The same, some at a time: `after` is the `next` of the page before, or empty. Those in memory come first. What is learnt, or let go of, meanwhile
   * may be missed, or be there twice.
   */
  async page(after: string, groupsMax: number): Promise<KnowledgePage> {
    if (!after.startsWith(onDisk)) {
      const found = this.#consolidation.page(after.slice(inMemory.length), groupsMax);
      const groups = found.map(({ conversations }) => ({ conversations, namesElsewhere: [] }));
      return { groups, next: found.length === groupsMax ? inMemory + found.at(-1)!.names[0]! : onDisk };
    }
    const [segment = '', block, offset] = after.slice(onDisk.length).split(' ');
    const position = segment === '' ? undefined : { segment, block: Number(block), offset: Number(offset) };
    const groups: KnownGroup[] = [];
    for await (const { names, facts, position: at } of this.#settled.all(position)) {
      if (this.#consolidation.has(names[0]!)) continue;
      const namesElsewhere = names.filter((name) => this.#consolidation.has(name) || !this.#settled.isAt(name, at));
      groups.push({ conversations: consolidate(facts), namesElsewhere });
      if (groups.length === groupsMax) return { groups, next: `${onDisk}${at.segment} ${at.block} ${at.offset}` };
    }
    return { groups };
  }

  /** Whether anything is known of a take. */
  knowsTake(take: string): boolean {
    return this.#consolidation.has(takeKey(take)) || this.#settled.has(takeKey(take));
  }

  /** Resolves when what somebody said of a conversation is durable, with the time it was said. */
  async remember(conversation: Conversation, said: Omit<Saying, 'atMs'>): Promise<number> {
    // Of two words on one tag the later one counts.
    this.#saidMs = Math.max(Math.floor(this.#clock.nowMs()), this.#saidMs + 1);
    const atMs = this.#saidMs;
    const fact = factOfSaying(conversation, { ...said, atMs });
    if (fact) await this.learn(fact);
    return atMs;
  }

  /** What lay in the store is known. */
  async begun(): Promise<void> {
    await writeFile(join(this.#options.folder, begunFile), '', { mode: 0o600, flush: true });
  }

  compact(): Promise<void> {
    return this.#journal.compact();
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#settled.close();
    await this.#journal.close();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #recall(fact: Fact): Promise<void> {
    await this.#fetch(keysOf(fact));
    this.#add(fact);
  }

  /** Has in memory what goes by these names. */
  async #fetch(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.#consolidation.has(name));
    if (missing.length === 0) return;
    for (const { facts } of await this.#settled.find(missing)) for (const fact of facts) this.#add(fact);
  }

  #factsBy(names: readonly string[]): Promise<readonly Fact[]> {
    return this.#inTurn(async () => {
      const settled = await this.#settled.find(names);
      const here = names.flatMap((name) => this.#consolidation.of(name)?.facts ?? []);
      return [...here, ...settled.flatMap(({ facts }) => facts)];
    });
  }

  #add(fact: Fact): void {
    const known = this.#consolidation.like(fact);
    if (known && !isLater(fact, known)) return;
    const size = JSON.stringify(fact).length;
    this.#sizes.set(fact, size);
    this.#bytes += size - (known ? this.#sizeOf(known) : 0);
    this.#consolidation.add(fact, this.#clock.monotonicMs());
  }

  /** Gives how many. What has not changed since it was read is there already. */
  async #putSomeAway(): Promise<number> {
    const { bytesMax, quietMs } = this.#options;
    const away: SettledGroup[] = [];
    const changed: SettledGroup[] = [];
    let bytes = this.#bytes;
    for (const { heardMs, names, facts } of this.#consolidation.quiet()) {
      if (away.length === batchMax) break;
      if (bytes <= bytesMax && this.#clock.monotonicMs() - heardMs < quietMs) break;
      const group = { names: [...names], facts };
      away.push(group);
      if (facts.some((fact) => this.#journal.of(subjectOf(fact)).length > 0)) changed.push(group);
      bytes -= this.#bytesOf(facts);
    }
    if (away.length === 0) return 0;
    await this.#settled.put(changed);
    for (const subject of changed.flatMap(({ facts }) => facts.map(subjectOf)))
      if (this.#journal.of(subject).length > 0) this.#journal.forget(subject);
    for (const { names, facts } of away) {
      this.#consolidation.forget(names[0]!);
      this.#bytes -= this.#bytesOf(facts);
    }
    return away.length;
  }

  #bytesOf(facts: readonly Fact[]): number {
    return facts.reduce((sum, fact) => sum + this.#sizeOf(fact), 0);
  }

  #sizeOf(fact: Fact): number {
    return this.#sizes.get(fact) ?? 0;
  }
}

function subjectOf(fact: Fact): string {
  return createHash('sha256').update(keyOf(fact)).digest('base64url');
}
