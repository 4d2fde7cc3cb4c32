// Searches as SQL. There is no way to build one without the tenants it may look into. Pure: what is built is tested without a database.

import { type SQL, sql } from 'drizzle-orm';
import type { Place } from './cursor.ts';
import type { Filter } from './filter.schema.ts';
import { isShort, type Slice } from './slices.ts';
import { conversations } from './tables.ts';
import { dataTerm, foldedNumber, quoted, term, wordsOf } from './terms.ts';

/** Who asks may see these tenants; of none, nothing is found. */
export interface Scope {
  readonly tenants: readonly string[];
}

/** A page of `slice`, newest first. `after`: only what comes after it. */
export function pageQuery(scope: Scope, filter: Filter, slice: Slice, rowsMax: number, after?: Place): SQL {
  const { tenant, startedMs, conversation, lengthMs, document } = conversations;
  const order = sql`order by started_ms desc, conversation desc, tenant desc`;
  const matching = sql`select ${tenant}, ${startedMs}, ${conversation}, ${lengthMs}, ${document}
    from ${conversations} where ${conditionOf(scope, filter, slice, after)}`;
  // Documents are opened when the page is known.
  return sql`with matching as ${collected(filter)} (${matching}),
    page as materialized (select * from matching ${order} limit ${rowsMax})
    select tenant, started_ms, conversation, length_ms, document - '{couples,tracks,sources,timeline}'::text[] as document
    from page ${order}`;
}

/** How many of `slice` match, but no more than `countMax` are counted. */
export function countQuery(scope: Scope, filter: Filter, slice: Slice, countMax: number): SQL {
  const where = conditionOf(scope, filter, slice);
  return sql`with matching as ${collected(filter)} (select 1 from ${conversations} where ${where})
    select count(*)::int as count from (select 1 from matching limit ${countMax}) as counted`;
}

/** From the oldest to past the newest conversation of the tenants; nulls when there is none. */
export function spanQuery({ tenants }: Scope): SQL {
  const { tenant, startedMs } = conversations;
  const edge = (order: SQL) =>
    sql`(select ${startedMs} as at from ${conversations} where ${tenant} = one order by ${startedMs} ${order} limit 1)`;
  return sql`select min(oldest.at) as oldest, max(newest.at) as newest from unnest(${sql.param(tenants)}::text[]) as one,
    lateral ${edge(sql`asc`)} as oldest, lateral ${edge(sql`desc`)} as newest`;
}

/** All that match are collected first, and the newest taken of them: the planner is not to walk through time in the hope of a match. */
function collected(filter: Filter): SQL {
  const asksForMore = Object.entries(filter).some(
    ([name, value]) => value !== undefined && name !== 'fromMs' && name !== 'toMs',
  );
  return asksForMore ? sql`materialized` : sql`not materialized`;
}

function conditionOf({ tenants }: Scope, filter: Filter, slice: Slice, after?: Place): SQL {
  const { fromMs, toMs } = slice;
  const { tenant, startedMs, conversation, lengthMs, numbers } = conversations;
  const wanted = termQuery(filter);
  const conditions: SQL[] = [
    // Of one tenant the primary key is in the order of a search.
    tenants.length === 1 ? sql`${tenant} = ${tenants[0]}` : sql`${tenant} = any(${sql.param(tenants)}::text[])`,
    sql`${startedMs} >= ${Math.ceil(fromMs)} and ${startedMs} < ${Math.ceil(toMs)}`,
    ...(after
      ? [
          sql`${startedMs} <= ${after.startedMs}`,
          sql`(${startedMs}, ${conversation}, ${tenant}) < (${after.startedMs}, ${after.conversation}, ${after.tenant})`,
        ]
      : []),
    ...(filter.lengthMsMin === undefined ? [] : [sql`${lengthMs} >= ${Math.ceil(filter.lengthMsMin)}`]),
    ...(filter.lengthMsMax === undefined ? [] : [sql`${lengthMs} <= ${Math.floor(filter.lengthMsMax)}`]),
    // Words were wanted, and there are none in what was asked for: nothing has them.
    ...(filter.text !== undefined && wordsOf(filter.text).length === 0 ? [sql`false`] : []),
    ...(wanted === undefined ? [] : [matches(sql`${wanted}::tsquery`, slice)]),
    ...(filter.number?.match === 'part' ? [sql`${numbers} like ${likePart(filter.number.text)}`] : []),
  ];
  return sql.join(conditions, sql` and `);
}

/** Called by its name, what the operator does is no reason to look into an index; the planner takes a prefix of many terms for a rare one. */
function matches(wanted: SQL, slice: Slice): SQL {
  const { terms } = conversations;
  return isShort(slice) ? sql`ts_match_vq(${terms}, ${wanted})` : sql`${terms} @@ ${wanted}`;
}

/** The tsquery of a filter: every operand is quoted, none is left to be parsed. */
export function termQuery(filter: Filter): string | undefined {
  const { dn, agent, number, direction, data, problem, text, tags } = filter;
  const exact = (lexeme: string) => quoted(lexeme);
  const prefix = (lexeme: string) => `${quoted(lexeme)}:*`;
  const any = (lexemes: readonly string[]) => `(${lexemes.map(exact).join(' | ')})`;
  const parts = [
    ...(dn === undefined ? [] : [exact(term('dn', dn))]),
    ...(agent === undefined ? [] : [exact(term('agent', agent))]),
    ...(number?.match === 'exact' ? [exact(term('number', number.text))] : []),
    ...(number?.match === 'prefix' ? [prefix(term('number', number.text))] : []),
    ...(direction ? [any(direction.map((one) => term('direction', one)))] : []),
    ...(data ?? []).map(({ key, value, match }) =>
      value === undefined || match === 'prefix' ? prefix(dataTerm(key, value)) : exact(dataTerm(key, value)),
    ),
    ...(problem ? [any(problem.map((one) => term('problem', one)))] : []),
    ...(tags ?? []).map((tag) => exact(term('tag', tag))),
    ...wordsOf(text ?? '').map((word) => prefix(term('word', word))),
  ];
  return parts.length === 0 ? undefined : parts.join(' & ');
}

function likePart(number: string): string {
  return `%${foldedNumber(number).replaceAll(/[\\%_]/g, '\\$&')}%`;
}
