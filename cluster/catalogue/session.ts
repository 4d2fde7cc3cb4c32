// Drizzle over anything that can run one statement.

import type { SQL } from 'drizzle-orm';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { Queries, Statement } from './database.protocol.ts';

/** Queries that `run` performs, one call for each statement. */
export function queriesOver(run: (statement: Statement) => Promise<readonly unknown[]>): Queries {
  return drizzle(async (text, params, method) => ({
    rows: [...(await run({ text, params, rows: method === 'execute' ? 'objects' : 'arrays' }))],
  }));
}

/** Performs one statement. What it fails with is without what drizzle adds: the statement and its values, which are nobody's business. */
export async function rowsOf<Row>(queries: Queries, query: SQL): Promise<Row[]> {
  try {
    return (await queries.execute(query)) as unknown as Row[];
  } catch (error) {
    throw error instanceof DrizzleQueryError && error.cause ? error.cause : error;
  }
}
