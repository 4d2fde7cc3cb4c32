// PostgreSQL as the engine of the catalogue: a pool of connections, each statement bounded in time by the server.

import pg from 'pg';
import { messageOf, TwinreelError } from '#src/errors';
import type { Database, Statement } from './database.protocol.ts';
import { queriesOver } from './session.ts';

export interface PostgresOptions {
  /** `postgres://…`, as in DATABASE_URL. */
  readonly url: string;
  readonly connectionsMax: number;
  readonly connectMsMax: number;
  /** After which the server ends a statement. */
  readonly statementMsMax: number;
}

/** Connects once to see that it can. Rejects with `catalogue-unreachable`. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectMsMax,
    statement_timeout: options.statementMsMax,
    application_name: 'twinreel',
    types: { getTypeParser },
  });
  // A connection that breaks while nobody uses it is replaced by the pool at the next query.
  pool.on('error', () => {});
  const connect = async () => {
    try {
      return await pool.connect();
    } catch (error) {
      throw new TwinreelError('catalogue-unreachable', `the catalogue's database: ${messageOf(error)}`);
    }
  };
  try {
    (await connect()).release();
  } catch (error) {
    await pool.end();
    throw error;
  }

  const using = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await connect();
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      // What the server refused leaves a sound connection; anything else may not.
      if (!(error instanceof pg.DatabaseError)) broken = error instanceof Error ? error : new Error(String(error));
      throw failure(error);
    } finally {
      client.release(broken);
    }
  };
  return {
    engine: 'postgres',
    queries: queriesOver((statement) => using((client) => run(client, statement))),
    transaction: (work) =>
      using(async (client) => {
        await client.query('begin');
        try {
          const outcome = await work(queriesOver((statement) => run(client, statement)));
          await client.query('commit');
          return outcome;
        } catch (error) {
          // Where that fails, too, the connection is gone, and the transaction with it.
          await client.query('rollback').catch(() => {});
          throw error;
        }
      }),
    script: (text) => using(async (client) => void (await client.query(text))),
    close: () => pool.end(),
  };
}

/** Times in ms are far below 2^53. */
const int8 = 20;
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text');

async function run(client: pg.PoolClient, { text, params, rows }: Statement): Promise<readonly unknown[]> {
  const values = [...params];
  if (rows === 'arrays') return (await client.query({ text, values, rowMode: 'array' })).rows;
  return (await client.query({ text, values })).rows;
}

/** 57014: query_canceled, which is how a statement that takes too long ends. */
function failure(error: unknown): unknown {
  const cause = error instanceof Error && error.cause instanceof pg.DatabaseError ? error.cause : error;
  if (!(cause instanceof pg.DatabaseError) || cause.code !== '57014') return error;
  return new TwinreelError('catalogue-timed-out', 'the catalogue did not answer in time: ask for less');
}
