// Brings what has become known of conversations to where it counts: the catalogue, the wish for audio, and the end of what was discarded.
// Doing it again is as doing it once.

import type { Catalogue } from '#cluster/catalogue';
import type { ApiMetrics, Audit, CatalogueStore } from '#cluster/replay-api';
import { messageOf } from '#src/errors';
import type { Clock } from '#src/ports';
import { type Conversation, endOf, type Merged } from '#src/recording/consolidate';
import { type Account, type Accounted, accountedOf, accountFor } from './account.ts';
import type { AudioShelf } from './audio-shelf.io.ts';
import type { AudioWork } from './audio-work.ts';
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

/** Stands in the audit, and in what is left of media that was destroyed here. */
export const ownName = 'replay';

export class Settling {
  readonly #options: SettlingOptions;
  /** What could not be put into the catalogue yet, by its name. */
  readonly #waiting = new Map<string, Conversation>();
  readonly #known = new Map<string, Accounted>();

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** Put into the catalogue since the start, which is all there are. */
  get conversations(): number {
    return [...this.#known.values()].filter(({ phase }) => phase !== 'deleted').length;
  }

  /** Gives what had changed. */
  async settle(): Promise<readonly Conversation[]> {
    const { knowledge, catalogue, conversations, audio } = this.#options;
    for (const one of knowledge.takeChanged()) this.#waiting.set(nameOf(one), one);
    if (this.#waiting.size === 0) return [];
    const changed = [...this.#waiting.values()];
    await catalogue.put(changed);
    for (const one of changed) {
      for (const alias of one.aliases) this.#known.delete(nameOf({ ...one, conversation: alias }));
      this.#known.set(nameOf(one), accountedOf(one));
      conversations.changed(one.tenant, one.conversation);
      await this.#destroyDiscarded(one);
      // While it runs more comes, and nobody waits for the part that is there.
      const merged = one.phase === 'ended' ? await audio.want(one) : undefined;
      if (merged) await this.learnMerged(one.tenant, merged);
      this.#waiting.delete(nameOf(one));
    }
    return changed;
  }

  async account(recordings: readonly { readonly tenant: string; readonly take: string }[]): Promise<Account> {
    const { tenants } = await this.#options.catalogue.status();
    return accountFor([...this.#known.values()], recordings, tenants, this.#waiting.size);
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
    const { knowledge, recordings, metrics, log } = this.#options;
    const isNew = await knowledge.learn({ type: 'merged', tenant, merged });
    if (!isNew) return;
    for (const { take, stream, packets } of merged.leaked) {
      metrics.leakedPackets.inc(packets);
      const copy = { take, stream, packets, ...recordings.nameOf(take) };
      log.error({ alarm: 'pause-leaked', tenant, ...copy }, 'a copy holds packets of a pause: nobody hears them');
    }
  }

  /** A node may have brought it before its core said so, or after. */
  async #destroyDiscarded({ tenant, conversation, sources }: Conversation): Promise<void> {
    const { recordings, audio, audit, clock } = this.#options;
    for (const source of sources) {
      const { take } = source;
      if (endOf(source) !== 'discarded' || !recordings.audible(take)) continue;
      await audit.record({ verb: 'discarded', user: ownName, address: '', tenant, conversation, detail: take });
      await recordings.destroy(take, { by: ownName, atMs: clock.nowMs() });
      await audio.withdraw(take);
    }
  }
}

function nameOf({ tenant, conversation }: Pick<Conversation, 'tenant' | 'conversation'>): string {
  return JSON.stringify([tenant, conversation]);
}
