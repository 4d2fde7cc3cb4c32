// Brings what has become known of conversations to where it counts: the catalogue, the wish for audio, and the end of what was discarded.
// Doing it again is as doing it once.

import type { AudioWork } from '#cluster/audio';
import type { Catalogue } from '#cluster/catalogue';
import type { ApiMetrics, Audit, CatalogueStore } from '#cluster/replay-api';
import { messageOf } from '#src/errors';
import type { Clock } from '#src/ports';
import { type Consolidated, type Conversation, endOf, type Merged, sayingsOf } from '#src/recording/consolidate';
import { type AccountPage, conversationsPage, recordingsPage } from './account.ts';
import type { AudioShelf } from './audio-shelf.io.ts';
import type { Knowledge } from './knowledge.io.ts';
import type { RecordingStore } from './recording-store.io.ts';

export interface SettlingOptions {
  readonly knowledge: Knowledge;
  readonly recordings: RecordingStore;
  readonly catalogue: Catalogue;
  readonly conversations: CatalogueStore;
  readonly audio: AudioShelf;
  readonly audit: Audit;
  readonly metrics: ApiMetrics;
  readonly clock: Clock;
  readonly log: { error(fields: object, text: string): void };
}

/** Settled at a time: each waits for the disk and for Redis, and the disk is synced once for all of them. */
const togetherMax = 32;
/** Replay does nothing else while it puts these together. */
const groupsPerPage = 50;
const recordingsPerPage = 1_000;
/** Of a page of recordings; others are of conversations. */
const storedPrefix = 'stored ';
/** Stands in the audit, and in what is left of media that was destroyed here. */
export const ownName = 'replay';

export class Settling {
  readonly #options: SettlingOptions;
  /** What is not settled yet: at the most what the facts in memory tell of. */
  #waiting: Consolidated[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** Settles what has changed, and lets memory go of what is settled. */
  settle(): Promise<void> {
    const mine = this.#turn.then(() => this.#settle());
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #settle(): Promise<void> {
    const { knowledge, catalogue } = this.#options;
    const changed = knowledge.takeChanged();
    const names = new Set(changed.flatMap((one) => one.names));
    this.#waiting = [...this.#waiting.filter((one) => !names.has(one.names[0]!)), ...changed];
    await catalogue.put(this.#waiting.flatMap(({ conversations }) => conversations));
    while (this.#waiting.length > 0) await this.#settleSome(this.#waiting.slice(0, togetherMax));
    await knowledge.putAway();
  }

  /** What one of them cannot be settled for is tried again later, with those behind it. */
  async #settleSome(some: readonly Consolidated[]): Promise<void> {
    const tried = await Promise.allSettled(some.map((one) => this.#settleOne(one)));
    const failed = tried.find((one) => one.status === 'rejected');
    this.#waiting = this.#waiting.filter((one) => {
      const index = some.indexOf(one);
      return index < 0 || tried[index]!.status === 'rejected';
    });
    if (failed) throw failed.reason;
  }

  /** The audio of a work was made. */
  async made({ tenant, folder }: AudioWork): Promise<void> {
    const { audio, log } = this.#options;
    try {
      const merged = await audio.made(folder);
      if (merged) await this.learnMerged(tenant, merged);
    } catch (error) {
      log.error({ folder, error: messageOf(error) }, 'what merging gave cannot be kept');
    }
  }

  /** What merging gave becomes known; what it found to have leaked is told once. */
  async learnMerged(tenant: string, merged: Merged): Promise<void> {
    const { knowledge, metrics, log } = this.#options;
    const isNew = await knowledge.learn({ type: 'merged', tenant, merged });
    if (!isNew) return;
    for (const { take, stream, packets } of merged.leaked) {
      metrics.leakedPackets.inc(packets);
      const copy = { take, stream, packets, ...(await knowledge.nameOf(take)) };
      log.error({ alarm: 'pause-leaked', tenant, ...copy }, 'a copy holds packets of a pause: nobody hears them');
    }
  }

  /** What replay has, some at a time: `after` is the `next` of the page before. */
  async account(after?: string): Promise<AccountPage> {
    const { knowledge, recordings, catalogue } = this.#options;
    const stored = after?.startsWith(storedPrefix) ? after.slice(storedPrefix.length) : undefined;
    if (stored === undefined) {
      const { groups, next } = await knowledge.page(after ?? '', groupsPerPage);
      return { ...conversationsPage(groups), next: next ?? storedPrefix };
    }
    const { takes, next } = await recordings.page(stored, recordingsPerPage);
    const page = recordingsPage(takes, (take) => knowledge.knowsTake(take));
    if (next !== undefined) return { ...page, next: storedPrefix + next };
    const { tenants } = await catalogue.status();
    return { ...page, catalogue: { tenants, waiting: this.#waiting.length } };
  }

  async #settleOne({ conversations: all, facts }: Consolidated): Promise<void> {
    const { catalogue, conversations, audio } = this.#options;
    for (const one of all) {
      await catalogue.restore(one, sayingsOf(one, facts));
      conversations.changed(one.tenant, one.conversation);
      await this.#destroyDiscarded(one);
      // While it runs more comes, and nobody waits for the part that is there.
      const merged = one.phase === 'ended' ? await audio.want(one) : undefined;
      if (merged) await this.learnMerged(one.tenant, merged);
    }
    await audio.removeBut(
      all,
      facts.flatMap((fact) => (fact.type === 'audio' ? [fact.name] : [])),
    );
  }

  /** A node may have brought it before its core said so, or after. */
  async #destroyDiscarded({ tenant, conversation, sources, startedMs }: Conversation): Promise<void> {
    const { recordings, audit, clock } = this.#options;
    for (const source of sources) {
      const { take } = source;
      if (endOf(source) !== 'discarded' || !(await recordings.audible(take, startedMs))) continue;
      await audit.record({ verb: 'discarded', user: ownName, address: '', tenant, conversation, detail: take });
      await recordings.destroy(take, { by: ownName, atMs: clock.nowMs() });
    }
  }
}
