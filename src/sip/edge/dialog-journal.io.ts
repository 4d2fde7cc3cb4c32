// The ledger of calls on disk: one journal of facts, read once when the process starts. Must never keep the edge from
// taking calls: what cannot be read is reported and left out, what cannot be written raises an alarm.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { messageOf } from '#src/errors';
import { deleteSegment, Journal, type JournalFiles, SegmentReader, segmentsOf, systemFiles } from '#src/journal';
import { type Clock, type Random, systemClock, type Timer } from '#src/ports';
import { type DialogFact, parseDialogFact } from './dialog-facts.schema.ts';
import type { AnswerRecord, DialogLedger, DialogRecord } from './dialog-ledger.ts';
import { answerMsMax } from './remembered-answers.ts';
import type { LedgerContents } from './restore.ts';

export interface DialogJournalOptions {
  readonly folder: string;
  /** The pair of this journal alone: whoever has the private one reads calls, but no recordings. */
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly files?: JournalFiles;
  alarm(message: string): void;
}

/** Name of the writing process in the names of segments. */
export const dialogWriter = 'edge';
/** Several times what 20,000 calls take: each new segment begins with a copy of all that are up. */
const segmentBytesMax = 64 * 2 ** 20;
/** Between two blocks that answers wait for: sealing and writing one costs as much as the rest of a call's answer. */
const settleMs = 4;
/** Older segments are kept for one to two rounds: longer than an answer may be asked for again. */
const compactMs = 2 * answerMsMax;

export class DialogJournal implements DialogLedger {
  readonly #options: DialogJournalOptions;
  readonly #journal: Journal;
  readonly #files: JournalFiles;
  readonly #dialogs: Map<string, DialogRecord>;
  /** Segments that were over when the last round began. */
  #old: readonly string[] = [];
  #compaction: Timer | undefined;
  #settling: (() => void)[] = [];
  #settledAtMs = Number.NEGATIVE_INFINITY;

  private constructor(options: DialogJournalOptions, { dialogs, answers }: LedgerContents) {
    const { folder, publicKey, clock, random, alarm, files = systemFiles } = options;
    this.#options = options;
    this.#files = files;
    this.#dialogs = new Map(dialogs.map((record) => [record.dialog.id, record]));
    this.#journal = new Journal({
      ...{ folder, publicKey, clock, random, files, segmentBytesMax, writer: dialogWriter },
      onSegment: () => this.#rewrite(),
      onAlarm: (one) => alarm(`journal of calls: ${one.alarm} in ${one.segment}: ${one.message}`),
    });
    this.#rewrite();
    for (const answer of answers) this.answered(answer);
    this.#journal.flush();
    this.#compactLater();
  }

  /** Reads what an earlier life left and begins a new one. Throws TwinreelError `journal-write-failed`. */
  static async open(
    options: DialogJournalOptions,
  ): Promise<{ readonly journal: DialogJournal; readonly contents: LedgerContents }> {
    const { folder, files = systemFiles } = options;
    files.makeFolder(folder);
    const earlier = segmentsOf({ folder, writer: dialogWriter, files });
    const contents = await readContents(options, earlier);
    const journal = new DialogJournal(options, contents);
    // All that still holds has been written anew.
    journal.#inBackground(journal.#delete(earlier));
    return { journal, contents };
  }

  keep(record: DialogRecord, urgency: 'now' | 'soon'): void {
    this.#dialogs.set(record.dialog.id, record);
    this.#journal.fact(0, factOf(record));
    if (urgency === 'now') this.#journal.flush();
  }

  acknowledged(id: string): void {
    const record = this.#dialogs.get(id);
    if (!record?.answer) return;
    this.#dialogs.set(id, withoutAnswer(record));
    this.#journal.fact(0, { fact: 'dialog-acknowledged', id });
  }

  ended(id: string): void {
    this.#dialogs.delete(id);
    this.#journal.fact(0, { fact: 'dialog-ended', id });
  }

  answered({ key, sentAtMs, bytes }: AnswerRecord): void {
    this.#journal.fact(0, { fact: 'answered', key, sentAtMs, bytes: bytes.toString('latin1') });
  }

  settle(then: () => void): void {
    this.#settling.push(then);
    if (this.#settling.length > 1) return;
    // Disks are of this world, whatever clock the calls are timed by.
    const pauseMs = this.#settledAtMs + settleMs - systemClock.monotonicMs();
    if (pauseMs > 0) systemClock.after(pauseMs, () => this.#settle());
    else setImmediate(() => this.#settle());
  }

  async close(): Promise<void> {
    this.#settle();
    this.#compaction?.cancel();
    await this.#journal.close();
  }

  #settle(): void {
    const settling = this.#settling;
    this.#settling = [];
    if (settling.length === 0) return;
    this.#journal.flush();
    this.#settledAtMs = systemClock.monotonicMs();
    for (const then of settling) then();
  }

  #rewrite(): void {
    for (const record of this.#dialogs.values()) this.#journal.fact(0, factOf(record));
  }

  #compactLater(): void {
    this.#compaction = this.#options.clock.after(compactMs, () => {
      this.#inBackground(this.#compact());
      this.#compactLater();
    });
  }

  /** Deletes the segments that were over a round ago; the current one repeats whatever of them still holds. */
  async #compact(): Promise<void> {
    const { segment: current } = this.#journal.position;
    await this.#delete(this.#old);
    const all = segmentsOf({ folder: this.#options.folder, writer: dialogWriter, files: this.#files });
    this.#old = all.filter((segment) => segment < current);
  }

  async #delete(segments: readonly string[]): Promise<void> {
    if (segments.length === 0) return;
    await this.#journal.durable();
    for (const segment of segments) await deleteSegment(this.#options.folder, segment, this.#files);
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.alarm(`journal of calls: not compacted: ${messageOf(error)}`));
  }
}

function withoutAnswer({ answer: _, ...record }: DialogRecord): DialogRecord {
  return record;
}

/** What is undefined is no part of a fact: JSON leaves it out. */
function factOf(record: DialogRecord): object {
  const { dialog, tags, accepted, answer, session, peerUpdates } = record;
  const description = record.description?.toString('latin1');
  const unacknowledged = answer && { ...answer, bytes: answer.bytes.toString('latin1') };
  return { fact: 'dialog', dialog, tags, accepted, answer: unacknowledged, session, peerUpdates, description };
}

/** The calls that are up at the end of all segments, and the answers that may still be asked for. */
async function readContents(options: DialogJournalOptions, segments: readonly string[]): Promise<LedgerContents> {
  const dialogs = new Map<string, DialogRecord>();
  const answers = new Map<string, AnswerRecord>();
  const since = options.clock.nowMs() - answerMsMax;
  for (const segment of segments) {
    for await (const fact of factsOf(options, segment)) {
      switch (fact.fact) {
        case 'dialog':
          dialogs.set(fact.dialog.id, recordOf(fact));
          break;
        case 'dialog-acknowledged': {
          const record = dialogs.get(fact.id);
          if (record) dialogs.set(fact.id, withoutAnswer(record));
          break;
        }
        case 'dialog-ended':
          dialogs.delete(fact.id);
          break;
        case 'answered':
          if (fact.sentAtMs > since) answers.set(fact.key, fact);
      }
    }
  }
  return { dialogs: [...dialogs.values()], answers: [...answers.values()] };
}

function recordOf({
  dialog,
  tags,
  accepted,
  answer,
  session,
  peerUpdates,
  description,
}: DialogFact & { fact: 'dialog' }): DialogRecord {
  return {
    dialog: { ...dialog, remoteSequence: dialog.remoteSequence },
    tags,
    ...(accepted && { accepted }),
    ...(answer && { answer }),
    ...(session && { session }),
    peerUpdates,
    ...(description && { description }),
  };
}

async function* factsOf(
  { folder, privateKey, files = systemFiles, alarm }: DialogJournalOptions,
  segment: string,
): AsyncGenerator<DialogFact> {
  try {
    const reader = await SegmentReader.open(join(folder, segment), { privateKey, files });
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        for (const { bytes } of block.records) {
          const fact = parseDialogFact(bytes.toString());
          if (fact) yield fact;
          else alarm(`journal of calls: a fact in ${segment} is not understood`);
        }
      }
      const { cutAt, reason } = await reader.report();
      if (cutAt !== null) alarm(`journal of calls: ${segment} is cut at byte ${cutAt}: ${reason}`);
    } finally {
      await reader.close();
    }
  } catch (error) {
    alarm(`journal of calls: ${segment} cannot be read: ${messageOf(error)}`);
  }
}
