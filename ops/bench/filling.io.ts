// Fills a catalogue faster than conversations are taken in one by one: rows first, indexes afterwards. Only for one that is empty.

import { sql } from 'drizzle-orm';
import { type Database, jsonText, rowOf, rowsOf } from '#cluster/catalogue';
import type { Conversation } from '#src/recording/consolidate';
import { conversationOf, type Site } from './conversations.ts';

const batchRows = 1_000;
/** Above it, a tenth is made and the rest are copies of it at other times: making each costs longer than keeping it. */
const madeRowsMax = 200_000;
const copies = 9;

/** Leaves a catalogue that holds conversations as it is. */
export async function fill({ database, put }: Filled, site: Site, say: (line: string) => void): Promise<void> {
  const [known] = await rowsOf(database.queries, sql`select 1 from aliases limit 1`);
  if (known) return;
  // The tables of a year come into being with conversations of all its months.
  const days = Array.from({ length: 60 }, (_, day) => conversationOf(site, Math.floor((day * site.total) / 60)));
  await put(days);
  await database.script('truncate conversations, aliases');

  const indexes = await rowsOf<{ name: string; made: string }>(
    database.queries,
    sql`select indexname as name, indexdef as made from pg_indexes
      where tablename = 'conversations' and indexname <> 'conversations_pkey'`,
  );
  for (const { name } of indexes) await database.script(`drop index ${name}`);
  const isCopied = site.total > madeRowsMax;
  await insertMade(database, isCopied ? { ...site, total: Math.ceil(site.total / (copies + 1)) } : site);
  if (isCopied) await insertCopies(database, site);
  say('rows are there, indexes follow');
  await Promise.all([
    database.script('insert into aliases select tenant, conversation, conversation, started_ms from conversations'),
    ...indexes.map(({ made }) => database.script(made.replace(' ON ONLY ', ' ON '))),
  ]);
  await database.script('vacuum (analyze) conversations');
  await database.script('vacuum (analyze) aliases');
}

interface Filled {
  readonly database: Database;
  put(conversations: readonly Conversation[]): Promise<void>;
}

async function insertMade({ queries }: Database, site: Site): Promise<void> {
  let written: Promise<unknown> = Promise.resolve();
  for (let begin = 0; begin < site.total; begin += batchRows) {
    const numbers = Array.from({ length: Math.min(batchRows, site.total - begin) }, (_, index) => begin + index);
    const rows = jsonText(numbers.map((number) => rowOf(conversationOf(site, number), { tags: [], notes: [] })));
    // The next rows are made while these are written.
    await written;
    written = rowsOf(
      queries,
      sql`insert into conversations
        select tenant, conversation, started_ms, length_ms, terms::tsvector, numbers, document from
        jsonb_to_recordset(${rows}::jsonb) as r(tenant text, conversation text, started_ms bigint, length_ms bigint,
          terms text, numbers text, document jsonb)`,
    );
  }
  await written;
}

/** Each some weeks later than the one before, at the same time of day; what passes the end goes on at the beginning. */
async function insertCopies({ queries }: Database, { fromMs, toMs }: Site): Promise<void> {
  const spanMs = toMs - fromMs;
  const shiftMs = Math.floor(spanMs / (copies + 1) / 86_400_000) * 86_400_000;
  await rowsOf(
    queries,
    sql`insert into conversations select tenant, conversation || '+' || copy,
      ${fromMs}::bigint + (started_ms - ${fromMs}::bigint + copy * ${shiftMs}::bigint) % ${spanMs}::bigint,
      length_ms, terms, numbers, document from conversations, generate_series(1, ${copies}::int) as copy`,
  );
}

/** Tables and indexes of all partitions. */
export async function storedBytes({ queries }: Database): Promise<number> {
  const [sum] = await rowsOf<{ bytes: number }>(
    queries,
    sql`select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class
      where relname like 'conversations%' and relkind = 'r' or relname = 'aliases'`,
  );
  return sum?.bytes ?? 0;
}
