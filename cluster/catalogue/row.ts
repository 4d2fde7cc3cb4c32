// A conversation as a row of the catalogue.

import type { Conversation } from '#src/recording/consolidate';
import { numbersOf, numbersText, quoted, type Remarks, termsOf } from './terms.ts';

/** By the names of the columns. */
export interface Row {
  readonly tenant: string;
  readonly conversation: string;
  readonly started_ms: number;
  readonly length_ms: number | null;
  readonly terms: string;
  readonly numbers: string;
  readonly document: Conversation;
}

export function rowOf(document: Conversation, remarks: Remarks): Row {
  const { tenant, conversation, startedMs, endedMs } = document;
  return {
    tenant,
    conversation,
    started_ms: Math.floor(startedMs),
    length_ms: endedMs === undefined ? null : Math.max(0, Math.round(endedMs - startedMs)),
    terms: termsOf(document, remarks).map(quoted).join(' '),
    numbers: numbersText(numbersOf(document)),
    document,
  };
}

/** Ids by which the conversation is known, its own first. */
export function idsOf({ conversation, aliases }: Conversation): string[] {
  return [...new Set([conversation, ...aliases])];
}

/** JSON that PostgreSQL takes: what a hostile header holds (NUL, half a surrogate pair) becomes U+FFFD. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return /\\u(0000|d[89a-f])/i.test(text) ? JSON.stringify(cleaned(value)) : text;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/\0|\p{Cs}/gu, '\ufffd');
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [cleaned(key), cleaned(one)]));
}
