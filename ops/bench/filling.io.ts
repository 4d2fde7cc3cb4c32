// Fills a catalogue faster than conversations are taken in one by one: rows first, indexes afterwards. Only for one that is empty.

import { sql } from 'drizzle-orm';
import type { Catalogue } from '#cluster/catalogue';
import { jsonText, rowOf, rowsOf } from '#cluster/catalogue';
import { conversationOf, type Site } from './conversations.ts';

const batchRows = 1_000;

export async function fill(catalogue: Catalogue, site: Site, say: (line: string) => void): Promise<void> {
  const { database } = catalogue;
  // The tables of a year come into being with a conversation of each of their months.
  const everyWeek = Math.max(1, Math.floor(site.total / 60));
  for (let number = 0; number < site.total; number += everyWeek) await catalogue.put([conversationOf(site, number)]);
  await database.script('truncate conversations, aliases');

  const indexes = await rowsOf<{ name: string; made: string }>(
    database.queries,
    sql`select indexname as name, indexdef as made from pg_indexes
      where tablename = 'conversations' and indexname <> 'conversations_pkey'`,
  );
  for (const { name } of indexes) await database.script(`drop index ${name}`);
  let written: Promise<unknown> = Promise.resolve();
  for (let begin = 0; begin < site.total; begin += batchRows) {
    const numbers = Array.from({ length: Math.min(batchRows, site.total - begin) }, (_, index) => begin + index);
    const rows = jsonText(numbers.map((number) => rowOf(conversationOf(site, number), { tags: [], notes: [] })));
    // The next rows are made while these are written.
    await written;
    written = rowsOf(
      database.queries,
      sql`insert into conversations
        select tenant, conversation, started_ms, length_ms, terms::tsvector, numbers, document from
        jsonb_to_recordset(${rows}::jsonb) as r(tenant text, conversation text, started_ms bigint, length_ms bigint,
          terms text, numbers text, document jsonb)`,
    );
    if (begin % 100_000 === 0) say(`${begin} rows`);
  }
  await written;
  say('rows are there, indexes follow');
  await database.script('insert into aliases select tenant, conversation, conversation, started_ms from conversations');
  for (const { made } of indexes) await database.script(made.replace(' ON ONLY ', ' ON '));
  await database.script('vacuum (analyze) conversations');
  await database.script('vacuum (analyze) aliases');
}

/** Tables and indexes of all partitions. */
export async function storedBytes(catalogue: Catalogue): Promise<number> {
  const [sum] = await rowsOf<{ bytes: number }>(
    catalogue.database.queries,
    sql`select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class
      where relname like 'conversations%' and relkind = 'r' or relname = 'aliases'`,
  );
  return sum?.bytes ?? 0;
}
