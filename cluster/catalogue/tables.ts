// The tables of the catalogue, the same for PostgreSQL and for the embedded engine. The files in migrations/ make them; this file
// says what queries may rely upon. Times are ms since 1970. Conversations are made again from their facts, what
// people said of them (tags, notes) by who remembers it.

import { bigint, bigserial, customType, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { Conversation } from '#src/recording/consolidate';

const ms = (name: string) => bigint(name, { mode: 'number' });

/** Lexemes without positions, made by terms.ts and never by PostgreSQL's parsers: both engines and every locale find alike. */
const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** One row for each conversation, in partitions by the month it began in. */
export const conversations = pgTable(
  'conversations',
  {
    tenant: text().notNull(),
    conversation: text().notNull(),
    startedMs: ms('started_ms').notNull(),
    /** Absent while it runs. */
    lengthMs: ms('length_ms'),
    /** Everything it is found by, but time, length and parts of numbers. */
    terms: tsvector().notNull(),
    /** Its numbers between blanks, for parts of them. */
    numbers: text().notNull(),
    document: jsonb().$type<Conversation>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.startedMs, table.conversation] }),
    index('conversations_length').on(table.tenant, table.lengthMs),
    index('conversations_terms').using('gin', table.terms),
    index('conversations_numbers').using('gin', table.numbers.op('gin_trgm_ops')),
  ],
);

/** Every id by which a conversation has been known, its own among them, and where its row is. */
export const aliases = pgTable(
  'aliases',
  {
    tenant: text().notNull(),
    alias: text().notNull(),
    conversation: text().notNull(),
    startedMs: ms('started_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.alias] }),
    index('aliases_conversation').on(table.tenant, table.conversation),
  ],
);

/** What was deleted, by every id it had: what comes of it later is not taken in again. */
export const tombstones = pgTable(
  'tombstones',
  {
    tenant: text().notNull(),
    alias: text().notNull(),
    removedMs: ms('removed_ms').notNull(),
    why: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.alias] })],
);

/** By the id the conversation had then: those of all its aliases are its tags. */
export const tags = pgTable(
  'tags',
  {
    tenant: text().notNull(),
    conversation: text().notNull(),
    tag: text().notNull(),
    byUser: text('by_user').notNull(),
    atMs: ms('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.conversation, table.tag] })],
);

export const notes = pgTable(
  'notes',
  {
    note: bigserial({ mode: 'number' }).primaryKey(),
    tenant: text().notNull(),
    conversation: text().notNull(),
    text: text().notNull(),
    byUser: text('by_user').notNull(),
    atMs: ms('at_ms').notNull(),
  },
  (table) => [index('notes_conversation').on(table.tenant, table.conversation)],
);
