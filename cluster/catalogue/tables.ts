// The tables of the catalogue, the same for PostgreSQL and for the embedded engine. The files in migrations/ make them; this file
// says what queries may rely upon. Times are ms since 1970. Conversations can be made again from manifests and facts; what people
// added (tags, notes, searches, accounts, audit) cannot.

import { bigint, bigserial, boolean, customType, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
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

/** A filter that somebody gave a name. */
export const savedSearches = pgTable(
  'saved_searches',
  {
    owner: text().notNull(),
    name: text().notNull(),
    filter: jsonb().notNull(),
    savedMs: ms('saved_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.owner, table.name] })],
);

export const users = pgTable('users', {
  user: text().primaryKey(),
  displayName: text('display_name').notNull(),
  /** As argon2 writes it, with its parameters and salt. */
  passwordHash: text('password_hash').notNull(),
  createdMs: ms('created_ms').notNull(),
  isLocked: boolean('is_locked').notNull().default(false),
});

/** What a user may do in a tenant; `*` is every tenant. */
export const grants = pgTable(
  'grants',
  {
    user: text()
      .notNull()
      .references(() => users.user, { onDelete: 'cascade' }),
    tenant: text().notNull(),
    role: text({ enum: ['viewer', 'supervisor', 'admin'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.user, table.tenant] })],
);

/** Who is signed in. A token is kept as its digest: who reads this table can sign in with nothing of it. */
export const sessions = pgTable(
  'sessions',
  {
    tokenDigest: text('token_digest').primaryKey(),
    user: text()
      .notNull()
      .references(() => users.user, { onDelete: 'cascade' }),
    createdMs: ms('created_ms').notNull(),
    expiresMs: ms('expires_ms').notNull(),
  },
  (table) => [index('sessions_user').on(table.user)],
);

/** Who did what; rows are added and never changed. */
export const audit = pgTable(
  'audit',
  {
    entry: bigserial({ mode: 'number' }).primaryKey(),
    atMs: ms('at_ms').notNull(),
    /** `share …` for who came by a link. */
    who: text().notNull(),
    tenant: text(),
    action: text().notNull(),
    /** The conversation, user or link it was done to. */
    target: text(),
    details: jsonb().notNull().default({}),
  },
  (table) => [index('audit_at').on(table.atMs), index('audit_target').on(table.tenant, table.target)],
);

export const shareLinks = pgTable(
  'share_links',
  {
    tokenDigest: text('token_digest').primaryKey(),
    tenant: text().notNull(),
    conversation: text().notNull(),
    byUser: text('by_user').notNull(),
    createdMs: ms('created_ms').notNull(),
    expiresMs: ms('expires_ms').notNull(),
    revokedMs: ms('revoked_ms'),
  },
  (table) => [index('share_links_conversation').on(table.tenant, table.conversation)],
);
