// What the API needs of the rest of replay: where conversations are found, and where their audio is. It knows nothing of how these are kept.

import type { Readable } from 'node:stream';
import type { Conversation } from '#src/recording/consolidate';
import type { ConversationRow, Filters } from './conversation-list.schema.ts';
import type { Remarks } from './remarks.schema.ts';

/** One page of what was found, newest first. */
export interface FoundPage {
  readonly conversations: readonly ConversationRow[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** A conversation, and what people said of it. */
export interface Entry {
  readonly conversation: Conversation;
  readonly remarks: Remarks;
}

export interface ConversationStore {
  /** Names of the tenants that have a conversation, or may have. */
  tenants(): Promise<readonly string[]>;
  /** At most `limit` of those that pass all filters. `after` is the `next` of the page before; another one is refused with `catalogue-refused`. */
  search(tenant: string, filters: Filters, after: string | undefined, limit: number): Promise<FoundPage>;
  /** By its name or any name it had. Never one of another tenant. */
  get(tenant: string, conversation: string): Promise<Entry | undefined>;
  /** These, and no other tags. False when there is no such conversation, here and below. */
  setTags(tenant: string, conversation: string, by: string, tags: readonly string[]): Promise<boolean>;
  addNote(tenant: string, conversation: string, by: string, text: string): Promise<boolean>;
  /** Rejects while nothing can be asked of it. */
  ready(): Promise<void>;
  /** Calls back whenever a conversation has become another one; the function it gives ends that. */
  onChanged(listener: (tenant: string, conversation: string) => void): () => void;
}

/** What can be heard of a conversation. */
export type Audio =
  | {
      readonly phase: 'ready';
      readonly mediaType: 'audio/mpeg' | 'audio/ogg';
      readonly bytes: number;
      /** Changes when the bytes do. */
      readonly version: string;
      /** Bytes `from` to `to`, both included. */
      read(from: number, to: number): Readable;
    }
  | { readonly phase: 'preparing' }
  | { readonly phase: 'undecodable'; readonly why: string }
  | { readonly phase: 'none' };

/** How loud each channel is, over equal stretches of time: 0 is silence, 1 as loud as can be. */
export interface Peaks {
  readonly perSecond: number;
  /** Left, then right. */
  readonly channels: readonly (readonly number[])[];
}

/** What may be taken away besides what browsers play: the audio as it was, and the packets it was made of. */
export const originalKinds = ['wav', 'flac', 'packets'] as const;
export type OriginalKind = (typeof originalKinds)[number];

/** A file to be taken away, read once. */
export interface OriginalFile {
  readonly name: string;
  /** It has no more. */
  readonly bytesMax: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface AudioStore {
  open(conversation: Conversation): Promise<Audio>;
  /**
   * Of these kinds; none where nothing was recorded. To be read one after the other, until `gone`. Rejects when the recordings cannot be
   * read, and with `flac-encoder-missing`.
   */
  originals(
    conversation: Conversation,
    kinds: readonly OriginalKind[],
    gone: AbortSignal,
  ): Promise<readonly OriginalFile[]>;
  /** Undefined while there are none. */
  peaks(conversation: Conversation): Promise<Peaks | undefined>;
}
