// What was decided about every call, kept for as long as somebody may ask why: facts of calls that are long forgotten, sealed, in a
// journal of their own. Nothing depends on it; a core that cannot write it goes on. Must never hold a call up.

import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallFact, CallName } from '#actors/call';
import { deleteSegment, Journal, type JournalAlarm, openSegment, segmentsOf, systemFiles } from '#src/journal';
import type { Clock } from '#src/ports';

/** One fact of a call, as it stands in the ledger. */
export interface LedgerEntry {
  readonly call: CallName;
  readonly fact: CallFact;
}

export interface CallLedgerOptions {
  readonly folder: string;
  readonly publicKey: KeyObject;
  /** How long an entry is kept at least. */
  readonly keptMs: number;
  readonly clock: Clock;
  readonly onAlarm: (alarm: JournalAlarm) => void;
}

const writer = 'calls';
const segmentBytesMax = 8 * 2 ** 20;
/** A crash may cost what was decided in this time; the core's own journal has it as long as the call lives. */
const blockMs = 250;

/** What happened to a party, or how a take began, tells nobody why. */
const left: ReadonlySet<CallFact['type']> = new Set(['party', 'after-call-work', 'status', 'notified']);

export class CallLedger {
  readonly #options: CallLedgerOptions;
  readonly #journal: Journal;

  constructor(options: CallLedgerOptions) {
    const { folder, publicKey, clock, onAlarm } = options;
    this.#options = options;
    const segmentLifeMsMax = 86_400_000;
    this.#journal = new Journal({
      folder,
      writer,
      publicKey,
      clock,
      onAlarm,
      blockMs,
      segmentBytesMax,
      segmentLifeMsMax,
    });
  }

  /** Each is a {@link LedgerEntry}; `texts`: each fact as JSON, where somebody has it already. */
  note({ tenant, switch: name, callUuid }: CallName, facts: readonly CallFact[], texts?: readonly string[]): void {
    let call: string | undefined;
    for (const [at, fact] of facts.entries()) {
      if (left.has(fact.type) || (fact.type === 'session' && fact.news.phase !== 'finished')) continue;
      call ??= JSON.stringify({ tenant, switch: name, callUuid });
      this.#journal.append(
        'fact',
        0,
        fact.atMs * 1000,
        `{"call":${call},"fact":${texts?.[at] ?? JSON.stringify(fact)}}`,
      );
    }
  }

  /** Deletes segments of which everything is older than it is kept; call it now and then. */
  async clean(): Promise<void> {
    const { folder, keptMs, clock } = this.#options;
    const current = this.#journal.position.segment;
    for (const segment of segmentsOf({ folder, writer }).filter((one) => one < current)) {
      const { mtimeMs } = await stat(join(folder, segment));
      if (mtimeMs < clock.nowMs() - keptMs) await deleteSegment(folder, segment);
    }
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }
}

/**
 * What was written since `sinceMs` (wall clock), in the order of writing, while a core goes on writing.
 * @throws TwinreelError `journal-key-unusable` when the key is not this node's
 */
export async function* readCallLedger(
  folder: string,
  privateKey: KeyObject,
  sinceMs: number,
): AsyncGenerator<LedgerEntry> {
  // No core has ever run here: nothing was decided.
  if (!(await stat(folder).catch(() => undefined))) return;
  for (const segment of segmentsOf({ folder, writer })) {
    const reader = await openSegment(join(folder, segment), { privateKey, files: systemFiles });
    if (!reader) continue;
    try {
      for (let block = await reader.next(); block; block = await reader.next())
        for (const { atUs, bytes } of block.records)
          if (atUs / 1000 >= sinceMs) yield JSON.parse(bytes.toString()) as LedgerEntry;
    } finally {
      await reader.close();
    }
  }
}
