// How conversations get into the tables, within one transaction: what was known by any id of a new one goes, and the new one stands.

import { type SQL, sql } from 'drizzle-orm';
import type { Conversation } from '#src/recording/consolidate';
import type { Place } from './cursor.ts';
import type { Queries } from './database.protocol.ts';
import { idsOf, jsonText, rowOf } from './row.ts';
import type { Scope } from './search.ts';
import { rowsOf } from './session.ts';
import type { Remarks } from './terms.ts';

/** Takes in conversations of which no two share an id. A fixed number of statements, however many they are. */
export async function takeIn(queries: Queries, conversations: readonly Conversation[], nowMs: number): Promise<void> {
  const ids = jsonText(conversations.flatMap((one) => idsOf(one).map((id) => ({ tenant: one.tenant, id }))));
  await lockTenants(
    queries,
    conversations.map(({ tenant }) => tenant),
  );
  const buried = await rowsOf<{ tenant: string; alias: string }>(
    queries,
    sql`select tombstones.tenant, alias from tombstones join ${idTable(ids)} on tombstones.tenant = ids.tenant and alias = id`,
  );
  const isBuried = ({ tenant }: Conversation, id: string) =>
    buried.some((one) => one.tenant === tenant && one.alias === id);
  const live = conversations.filter((one) => one.phase !== 'deleted' && !idsOf(one).some((id) => isBuried(one, id)));
  const dead = conversations.filter((one) => !live.includes(one));

  await removeRows(queries, ids);
  await bury(
    queries,
    dead.flatMap((one) => idsOf(one).map((alias) => ({ tenant: one.tenant, alias }))),
    nowMs,
    'deleted',
  );
  if (live.length === 0) return;
  const remarks = await remarksOf(queries, ids);
  const rows = live.map((one) => rowOf(one, remarks(one.tenant, idsOf(one))));
  const aliases = rows.flatMap(({ tenant, conversation, started_ms, document }) =>
    idsOf(document).map((alias) => ({ tenant, alias, conversation, started_ms })),
  );
  await rowsOf(
    queries,
    sql`insert into aliases select * from
    jsonb_to_recordset(${jsonText(aliases)}::jsonb) as r(tenant text, alias text, conversation text, started_ms bigint)`,
  );
  await rowsOf(
    queries,
    sql`insert into conversations
    select tenant, conversation, started_ms, length_ms, terms::tsvector, numbers, document from
    jsonb_to_recordset(${jsonText(rows)}::jsonb)
    as r(tenant text, conversation text, started_ms bigint, length_ms bigint, terms text, numbers text, document jsonb)`,
  );
}

/** False when the tenants of the scope have nothing of that id. */
export async function takeOut(
  queries: Queries,
  scope: Scope,
  id: string,
  removedMs: number,
  why: string,
): Promise<boolean> {
  const place = await lockedPlace(queries, scope, id);
  if (!place) return false;
  const { tenant, conversation } = place;
  const aliases = await rowsOf<{ tenant: string; alias: string }>(
    queries,
    sql`select tenant, alias from aliases where tenant = ${tenant} and conversation = ${conversation}`,
  );
  const ids = jsonText(aliases.map(({ alias }) => ({ tenant, id: alias })));
  await bury(queries, aliases, removedMs, why);
  for (const table of [sql`tags`, sql`notes`]) {
    await rowsOf(
      queries,
      sql`delete from ${table} using ${idTable(ids)}
      where ${table}.tenant = ids.tenant and ${table}.conversation = ids.id`,
    );
  }
  await removeRows(queries, ids);
  return true;
}

/** Where the conversation of this id is, if these tenants have it. */
export async function placeById(queries: Queries, { tenants }: Scope, id: string): Promise<Place | undefined> {
  if (id.includes('\0')) return undefined;
  const [row] = await rowsOf<{ tenant: string; conversation: string; started_ms: number }>(
    queries,
    sql`select tenant, conversation, started_ms from aliases
      where tenant = any(${sql.param(tenants)}::text[]) and alias = ${id} order by tenant limit 1`,
  );
  return row && { tenant: row.tenant, conversation: row.conversation, startedMs: row.started_ms };
}

/** As {@link placeById}; nobody else writes what its tenant has until the transaction ends. */
export async function lockedPlace(queries: Queries, scope: Scope, id: string): Promise<Place | undefined> {
  const before = await placeById(queries, scope, id);
  if (!before) return undefined;
  await lockTenants(queries, [before.tenant]);
  return placeById(queries, { tenants: [before.tenant] }, id);
}

/** Makes the terms of a conversation anew, after somebody said something of it. */
export async function renewTerms(queries: Queries, { tenant, startedMs, conversation }: Place): Promise<void> {
  const at = sql`tenant = ${tenant} and started_ms = ${startedMs} and conversation = ${conversation}`;
  const [row] = await rowsOf<{ document: Conversation }>(queries, sql`select document from conversations where ${at}`);
  if (!row) return;
  const ids = jsonText(idsOf(row.document).map((id) => ({ tenant, id })));
  const { terms } = rowOf(row.document, (await remarksOf(queries, ids))(tenant, idsOf(row.document)));
  await rowsOf(queries, sql`update conversations set terms = ${terms}::tsvector where ${at}`);
}

/** In one order, so that two that write do not wait for each other. */
async function lockTenants(queries: Queries, tenants: readonly string[]): Promise<void> {
  for (const tenant of [...new Set(tenants)].sort()) {
    await rowsOf(queries, sql`select pg_advisory_xact_lock(hashtextextended(${tenant}, 8265111))`);
  }
}

/** Removes every conversation that is known by one of the ids, and all ids of it. */
async function removeRows(queries: Queries, ids: string): Promise<void> {
  await rowsOf(
    queries,
    sql`with places as (
      select distinct aliases.tenant, conversation, started_ms from aliases
      join ${idTable(ids)} on aliases.tenant = ids.tenant and alias = id),
    freed as (delete from aliases using places
      where aliases.tenant = places.tenant and aliases.conversation = places.conversation)
    delete from conversations using places where conversations.tenant = places.tenant
      and conversations.started_ms = places.started_ms and conversations.conversation = places.conversation`,
  );
}

async function bury(
  queries: Queries,
  aliases: readonly { tenant: string; alias: string }[],
  removedMs: number,
  why: string,
): Promise<void> {
  if (aliases.length === 0) return;
  await rowsOf(
    queries,
    sql`insert into tombstones select tenant, alias, ${Math.floor(removedMs)}::bigint, ${why}::text
    from jsonb_to_recordset(${jsonText(aliases)}::jsonb) as r(tenant text, alias text) on conflict do nothing`,
  );
}

/** What people said of conversations, by any of their ids. */
async function remarksOf(queries: Queries, ids: string): Promise<(tenant: string, ids: readonly string[]) => Remarks> {
  const said = await rowsOf<{ kind: 'tag' | 'note'; tenant: string; conversation: string; text: string }>(
    queries,
    sql`select 'tag' as kind, tags.tenant, conversation, tag as text from tags
        join ${idTable(ids)} on tags.tenant = ids.tenant and conversation = id
      union all select 'note', notes.tenant, conversation, text from notes
        join ${idTable(ids)} on notes.tenant = ids.tenant and conversation = id`,
  );
  return (tenant, wanted) => {
    const mine = said.filter((one) => one.tenant === tenant && wanted.includes(one.conversation));
    const texts = (kind: 'tag' | 'note') => mine.filter((one) => one.kind === kind).map(({ text }) => text);
    return { tags: texts('tag'), notes: texts('note') };
  };
}

function idTable(ids: string): SQL {
  return sql`jsonb_to_recordset(${ids}::jsonb) as ids(tenant text, id text)`;
}
