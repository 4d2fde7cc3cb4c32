// One conversation with what people said of it, as it is read by who opens it.

import { sql } from 'drizzle-orm';
import type { Conversation } from '#src/recording/consolidate';
import type { Place } from './cursor.ts';
import type { Queries } from './database.protocol.ts';
import { rowsOf } from './session.ts';

export interface Note {
  readonly note: number;
  readonly text: string;
  readonly byUser: string;
  readonly atMs: number;
}

/** A conversation with what people said of it. */
export interface Entry {
  readonly document: Conversation;
  readonly tags: readonly string[];
  readonly notes: readonly Note[];
}

/** Undefined when it has gone from there meanwhile. */
export async function entryAt(
  queries: Queries,
  { tenant, startedMs, conversation }: Place,
): Promise<Entry | undefined> {
  const ids = sql`(select alias from aliases where tenant = ${tenant} and conversation = ${conversation})`;
  const [entry] = await rowsOf<Entry>(
    queries,
    sql`select document,
      (select coalesce(jsonb_agg(distinct tag order by tag), '[]') from tags
        where tags.tenant = ${tenant} and tags.conversation in ${ids}) as tags,
      (select coalesce(jsonb_agg(jsonb_build_object('note', note, 'text', text, 'byUser', by_user, 'atMs', at_ms) order by note), '[]')
        from notes where notes.tenant = ${tenant} and notes.conversation in ${ids}) as notes
    from conversations where tenant = ${tenant} and started_ms = ${startedMs} and conversation = ${conversation}`,
  );
  return entry;
}
