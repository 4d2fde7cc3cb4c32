// What cores have ordered and no session remembers: of each shard the latest holder of its lease, so that nobody of yesterday is obeyed;
// and which recordings are paused, so that one which comes here only now begins so. Outlives the process.

import type { KeyObject } from 'node:crypto';
import { type AskedPause, isTakenBack, withOrders } from '#actors/session';
import { FactJournal, type FactJournalOptions, type Facts } from '#cluster/facts';
import { TwinreelError } from '#src/errors';
import type { Clock } from '#src/ports';
import { compareEpochs, type Epoch, type Mandate } from '#src/shards';

export type OrderFact =
  | { readonly type: 'held'; readonly epoch: Epoch }
  | ({ readonly type: 'paused'; readonly atMs: number } & AskedPause);

export interface OrdersOptions extends Pick<FactJournalOptions<OrderFact>, 'folder' | 'onAlarm' | 'onCut' | 'files'> {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly clock: Clock;
}

/** No call that is paused is waited for longer. */
const pauseKeptMs = 3_600_000;
/** Pauses that are remembered; the oldest go first. */
const pausesMax = 10_000;
const segmentBytesMax = 4 * 2 ** 20;

export class Orders {
  /** How often somebody of yesterday has commanded. */
  refused = 0;
  readonly #journal: Facts<OrderFact>;
  readonly #clock: Clock;
  readonly #epochs = new Map<string, Epoch>();
  /** By recording, in the order in which they were ordered. */
  readonly #pauses = new Map<string, AskedPause & { readonly atMs: number }>();

  constructor(journal: Facts<OrderFact>, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    for (const subject of journal.subjects()) {
      const last = journal.of(subject).at(-1);
      if (last?.type === 'held') this.#epochs.set(subject.slice(shardOf('').length), last.epoch);
      else if (last) this.#pauses.set(subject.slice(recordingOf('').length), last);
    }
  }

  /** Reads what an earlier recorder of this node has obeyed. */
  static async open({ clock, ...options }: OrdersOptions): Promise<Orders> {
    const sumUp = (facts: readonly OrderFact[]) => facts.at(-1)!;
    return new Orders(await FactJournal.open({ ...options, clock, writer: 'orders', segmentBytesMax, sumUp }), clock);
  }

  /** Whoever commands under it is the latest holder, as far as is known; of one number the first who came. Throws `mandate-stale`. */
  admit({ shard, epoch }: Mandate): void {
    const known = this.#epochs.get(shard);
    const order = known ? compareEpochs(epoch, known) : 1;
    if (order < 0) {
      this.refused += 1;
      throw new TwinreelError(
        'mandate-stale',
        `${epoch.holder} commands as holder ${epoch.n} of ${shard}; holder ${known!.n} is ${known!.holder}`,
      );
    }
    if (order === 0) return;
    this.#epochs.set(shard, epoch);
    this.#journal.write(shardOf(shard), [{ type: 'held', epoch }]);
  }

  /** Resolves when power loss can no longer take it. */
  async pause(recording: string, { by, orders }: AskedPause): Promise<void> {
    const all = withOrders(this.#pauses.get(recording)?.orders, orders);
    const fact = { type: 'paused', by, atMs: this.#clock.nowMs(), orders: all } as const;
    this.#pauses.delete(recording);
    this.#pauses.set(recording, fact);
    this.#journal.write(recordingOf(recording), [fact]);
    this.#forgetOldest();
    await this.#journal.durable();
  }

  /** With `orders`: unless another order to pause it has come since. */
  async resume(recording: string, orders?: readonly string[]): Promise<void> {
    const known = this.#pauses.get(recording);
    if (!known || !isTakenBack(known.orders, orders)) return;
    this.#forget(recording);
    await this.#journal.durable();
  }

  /** Who wants nothing of this recording kept; undefined when nobody does. */
  pausedBy(recording: string): AskedPause | undefined {
    const known = this.#pauses.get(recording);
    return known && { by: known.by, orders: known.orders ?? [] };
  }

  compact(): Promise<void> {
    this.#forgetOldest();
    return this.#journal.compact();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #forgetOldest(): void {
    const before = this.#clock.nowMs() - pauseKeptMs;
    for (const [recording, { atMs }] of this.#pauses) {
      if (this.#pauses.size <= pausesMax && atMs >= before) return;
      this.#forget(recording);
    }
  }

  #forget(recording: string): void {
    this.#pauses.delete(recording);
    this.#journal.forget(recordingOf(recording));
  }
}

function shardOf(name: string): string {
  return `shard ${name}`;
}

function recordingOf(id: string): string {
  return `recording ${id}`;
}
