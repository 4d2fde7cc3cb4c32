// What a recording client has told of its calls, as a part of a session's state. Pure.

import { type MetadataHistory, needsSnapshot, type ToldMetadata, withUpdate } from '#src/sip/siprec';

export interface Told {
  /** Absent before the first metadata that could be read. */
  readonly history?: MetadataHistory;
  /** Something is missing that only complete metadata can tell. */
  readonly gap: boolean;
  /** What could not be read, in words; the first few. */
  readonly unreadable: readonly string[];
}

const unreadableMax = 8;

/** Nothing yet. */
export const nothingTold: Told = { gap: true, unreadable: [] };

/** The first metadata that can be read holds from `startedMs` on: who is late to tell was there all the same. */
export function withTold(before: Told, metadata: ToldMetadata, startedMs: number, atMs: number): Told {
  if (metadata.type === 'unreadable') {
    const unreadable = [...new Set([...before.unreadable, metadata.detail])].slice(0, unreadableMax);
    return { ...before, gap: true, unreadable };
  }
  const { update } = metadata;
  const { history } = before;
  const gap = update.mode === 'partial' && (before.gap || needsSnapshot(history?.current, update));
  return { ...before, gap, history: withUpdate(history, update, history === undefined ? startedMs : atMs) };
}
