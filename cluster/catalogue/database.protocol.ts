// What the catalogue needs of a database, whichever engine is behind it: drizzle over one session, and transactions.

import type { PgRemoteDatabase } from 'drizzle-orm/pg-proxy';

/** Queries by drizzle; outside of a transaction each is one of its own. */
export type Queries = PgRemoteDatabase;

export type Engine = 'postgres' | 'embedded';

export interface Database {
  readonly engine: Engine;
  readonly queries: Queries;
  /** What `work` does is done whole, or not at all when it rejects. It uses the queries it is given, and no others. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Several statements without parameters, as a file of SQL has them. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

/** One statement with its parameters `$1`…; `rows` as arrays, or as objects by column. */
export interface Statement {
  readonly text: string;
  readonly params: readonly unknown[];
  readonly rows: 'arrays' | 'objects';
}

/** Given to the thread of the embedded engine. */
export interface EngineThreadOptions {
  /** Absent: in memory, for tests. */
  readonly folder: string | undefined;
}

/** To the thread: one thing at a time, in the order they come. */
export type EngineOrder = { readonly id: number } & (
  | { readonly type: 'statement'; readonly statement: Statement }
  | { readonly type: 'script'; readonly text: string }
  | { readonly type: 'close' }
);

/** From the thread: that it is open (`id` 0), and what became of each order. */
export type EngineAnswer =
  | { readonly id: number; readonly type: 'done'; readonly rows: readonly unknown[] }
  | { readonly id: number; readonly type: 'failed'; readonly message: string; readonly sqlState?: string };
