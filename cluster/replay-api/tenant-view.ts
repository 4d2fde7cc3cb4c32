// What a caller sees of one tenant. Whoever has it has passed the check of their grants, and cannot reach another tenant with it.

import { TwinreelError } from '#src/errors';
import type { Conversation } from '#src/recording/consolidate';
import type { Filters } from './conversation-list.schema.ts';
import type {
  Audio,
  AudioStore,
  ConversationStore,
  Entry,
  FoundPage,
  OriginalFile,
  OriginalKind,
  Peaks,
} from './ports.protocol.ts';
import type { Remarks } from './remarks.schema.ts';

export class TenantView {
  readonly tenant: string;
  readonly #store: ConversationStore;
  readonly #audio: AudioStore;

  constructor(tenant: string, store: ConversationStore, audio: AudioStore) {
    this.tenant = tenant;
    this.#store = store;
    this.#audio = audio;
  }

  search(filters: Filters, after: string | undefined, limit: number): Promise<FoundPage> {
    return this.#store.search(this.tenant, filters, after, limit);
  }

  /** @throws TwinreelError `nothing-here` */
  async conversation(name: string): Promise<Conversation> {
    return (await this.entry(name)).conversation;
  }

  /** @throws TwinreelError `nothing-here` */
  async entry(name: string): Promise<Entry> {
    const entry = await this.#store.get(this.tenant, name);
    // A store that mixed tenants up would be stopped here.
    if (entry?.conversation.tenant !== this.tenant || entry.conversation.phase === 'deleted') throw nothingHere();
    return entry;
  }

  /** The remarks there are then. @throws TwinreelError `nothing-here` */
  async setTags(name: string, by: string, tags: readonly string[]): Promise<Remarks> {
    if (!(await this.#store.setTags(this.tenant, name, by, tags))) throw nothingHere();
    return (await this.entry(name)).remarks;
  }

  /** As {@link setTags}. */
  async addNote(name: string, by: string, text: string): Promise<Remarks> {
    if (!(await this.#store.addNote(this.tenant, name, by, text))) throw nothingHere();
    return (await this.entry(name)).remarks;
  }

  audio(conversation: Conversation): Promise<Audio> {
    return this.#audio.open(conversation);
  }

  originals(
    conversation: Conversation,
    kinds: readonly OriginalKind[],
    gone: AbortSignal,
  ): Promise<readonly OriginalFile[]> {
    return this.#audio.originals(conversation, kinds, gone);
  }

  peaks(conversation: Conversation): Promise<Peaks | undefined> {
    return this.#audio.peaks(conversation);
  }

  onChanged(listener: (conversation: string) => void): () => void {
    return this.#store.onChanged((tenant, conversation) => {
      if (tenant === this.tenant) listener(conversation);
    });
  }
}

function nothingHere(): TwinreelError {
  return new TwinreelError('nothing-here', 'there is nothing here');
}
