// The catalogue: conversations to be found, read, tagged and removed. It is an index: what it says of conversations can be made again.
// Whoever asks names the tenants that may be looked into; there is no way around that.

import { type SQL, sql } from 'drizzle-orm';
import type { Clock } from '#src/ports';
import type { Conversation, Saying } from '#src/recording/consolidate';
import { cursorOf, type Place, placeOf } from './cursor.ts';
import type { Database, Engine, Queries } from './database.protocol.ts';
import { type Entry, entryAt } from './entry.io.ts';
import type { Filter } from './filter.schema.ts';
import { lockedPlace, placeById, renewTerms, takeIn, takeOut } from './intake.io.ts';
import { migrate } from './migrations.io.ts';
import { createMonth, type Month, monthOf, monthsToPrepare } from './partitions.ts';
import { idsOf } from './row.ts';
import { countQuery, pageQuery, type Scope, spanQuery } from './search.ts';
import { rowsOf } from './session.ts';
import { type Slice, slicesOf } from './slices.ts';
import { aliases, conversations, notes, tags, tombstones } from './tables.ts';
import { clean } from './terms.ts';

/** A conversation in a list: without what only its own page shows. */
export interface Found {
  readonly tenant: string;
  readonly conversation: string;
  readonly startedMs: number;
  /** Absent while it runs. */
  readonly lengthMs?: number;
  readonly document: Omit<Conversation, 'couples' | 'tracks' | 'sources' | 'timeline'>;
}

export interface Page {
  readonly found: readonly Found[];
  /** Given to the next search it leads to the next page; absent on the last one. */
  readonly next?: string;
}

export interface Remark {
  readonly byUser: string;
  readonly text: string;
  /** Default: now. */
  readonly atMs?: number;
}

export interface CatalogueStatus {
  readonly engine: Engine;
  /** Of the whole database. */
  readonly bytes: number;
  /** Ids of conversations that were removed. */
  readonly tombstones: number;
  readonly tenants: readonly { readonly tenant: string; readonly conversations: number }[];
}

const pageMax = 500;
const batchMax = 200;
const countMaxMost = 10_000;
/** Rows of one month that may change until the embedded engine tidies up after itself; PostgreSQL does so unasked. */
const changesMax = 5_000;

export class Catalogue {
  readonly #database: Database;
  readonly #clock: Clock;
  /** Months that have their table, or cannot get one. */
  readonly #months = new Set<string>();
  readonly #changes = new Map<string, number>();

  /** Brings the tables up to date and makes those of the coming months. */
  static async open(database: Database, clock: Clock): Promise<Catalogue> {
    await migrate(database);
    const catalogue = new Catalogue(database, clock);
    await catalogue.prepareMonths();
    return catalogue;
  }

  private constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** For what else can be asked of the same database. */
  get database(): Database {
    return this.#database;
  }

  /** Wanted once a day: the tables of coming months are there before they are needed. */
  async prepareMonths(): Promise<void> {
    for (const month of monthsToPrepare(this.#clock.nowMs())) await this.#prepare(month);
  }

  /**
   * Takes conversations in, each in place of whatever was known by one of its ids. Twice is as once. What has a tombstone is left out.
   * All of them or, when it rejects, maybe some.
   */
  async put(given: readonly Conversation[]): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const months = given.flatMap(({ startedMs }) => monthOf(startedMs, nowMs) ?? []);
    for (const month of months) await this.#prepare(month);
    for (const batch of batchesOf(given)) {
      await this.#database.transaction((queries) => takeIn(queries, batch, nowMs));
    }
    await this.#tidyUp(months);
  }

  /** Removes it and keeps a tombstone. False when there is none of that id. */
  async remove(scope: Scope, id: string, why: string): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    return this.#database.transaction((queries) => takeOut(queries, scope, id, nowMs, why));
  }

  async get(scope: Scope, id: string): Promise<Entry | undefined> {
    const queries = this.#database.queries;
    const place = await placeById(queries, scope, id);
    return place && entryAt(queries, place);
  }

  /** `limit`: 1 to 500. Rejects with `catalogue-refused` for a cursor that is none, `catalogue-timed-out`. */
  async search(scope: Scope, filter: Filter, { limit, after }: { limit: number; after?: string }): Promise<Page> {
    const rowsMax = Math.min(pageMax, Math.max(1, limit)) + 1;
    const place = after === undefined ? undefined : placeOf(after);
    const span = await this.#span(scope, filter, place?.startedMs);
    const found: Found[] = [];
    for (const slice of span ? slicesOf(span) : []) {
      const query = pageQuery(scope, filter, slice, rowsMax - found.length, place);
      const rows = await rowsOf<FoundRow>(this.#database.queries, query);
      found.push(...rows.map(foundOf));
      if (found.length === rowsMax) break;
    }
    if (found.length < rowsMax) return { found };
    found.pop();
    return { found, next: cursorOf(found.at(-1)!) };
  }

  /** How many there are, counted up to `countMax`: more than that is `isMore`. */
  async count(scope: Scope, filter: Filter, countMax: number): Promise<{ count: number; isMore: boolean }> {
    const most = Math.min(countMaxMost, countMax);
    const span = await this.#span(scope, filter);
    let count = 0;
    for (const slice of span ? slicesOf(span) : []) {
      const query = countQuery(scope, filter, slice, most + 1 - count);
      const rows = await rowsOf<{ count: number }>(this.#database.queries, query);
      count += rows[0]?.count ?? 0;
      if (count > most) return { count: most, isMore: true };
    }
    return { count, isMore: false };
  }

  /** False when there is no such conversation. A tag it has already stays as it is. */
  async tag(scope: Scope, id: string, { byUser, text, atMs = this.#nowMs() }: Remark): Promise<boolean> {
    return this.#remark(scope, id, (queries, { tenant, conversation }) =>
      queries
        .insert(tags)
        .values({ tenant, conversation, tag: clean(text), byUser, atMs })
        .onConflictDoNothing()
        .getSQL(),
    );
  }

  async untag(scope: Scope, id: string, tag: string): Promise<boolean> {
    return this.#remark(
      scope,
      id,
      (
        _,
        { tenant, conversation },
      ) => sql`delete from ${tags} where ${tags.tenant} = ${tenant} and ${tags.tag} = ${clean(tag)}
        and ${tags.conversation} in
          (select alias from ${aliases} where tenant = ${tenant} and conversation = ${conversation})`,
    );
  }

  /** What the same person has said of it at the same time stands there once. */
  async note(scope: Scope, id: string, { byUser, text, atMs = this.#nowMs() }: Remark): Promise<boolean> {
    const note = clean(text);
    return this.#remark(
      scope,
      id,
      (_, { tenant, conversation }) => sql`insert into notes (tenant, conversation, text, by_user, at_ms)
        select ${tenant}, ${conversation}, ${note}, ${byUser}, ${atMs}::bigint where not exists
          (select from ${notes} where tenant = ${tenant} and text = ${note} and by_user = ${byUser} and at_ms = ${atMs}::bigint
            and conversation in (select alias from ${aliases} where tenant = ${tenant} and conversation = ${conversation}))`,
    );
  }

  /** Once more what people had said of a conversation, in its order; twice is as once. */
  async restore({ tenant, conversation }: Conversation, sayings: readonly Saying[]): Promise<void> {
    const scope = { tenants: [tenant] };
    for (const { said, ...remark } of sayings) {
      if (said === 'noted') await this.note(scope, conversation, remark);
      else if (said === 'tagged') await this.tag(scope, conversation, remark);
      else await this.untag(scope, conversation, remark.text);
    }
  }

  /** Counts everything: for an operator, not for a page. */
  async status(): Promise<CatalogueStatus> {
    const queries = this.#database.queries;
    const held = await rowsOf<{ tenant: string; conversations: number }>(
      queries,
      sql`select tenant, count(*)::int as conversations from ${conversations} group by tenant order by tenant`,
    );
    const [sums] = await rowsOf<{ bytes: number; tombstones: number }>(
      queries,
      sql`select pg_database_size(current_database())::float8 as bytes,
        (select count(*)::int from ${tombstones}) as tombstones`,
    );
    return { engine: this.#database.engine, bytes: sums!.bytes, tombstones: sums!.tombstones, tenants: held };
  }

  /** Empties what can be made again; what people added, and tombstones, stay. */
  async clear(): Promise<void> {
    await this.#database.script('truncate conversations, aliases');
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #nowMs(): number {
    return Math.floor(this.#clock.nowMs());
  }

  async #remark(scope: Scope, id: string, statement: (queries: Queries, place: Place) => SQL): Promise<boolean> {
    return this.#database.transaction(async (queries) => {
      const place = await lockedPlace(queries, scope, id);
      if (!place) return false;
      await rowsOf(queries, statement(queries, place));
      await renewTerms(queries, place);
      return true;
    });
  }

  /** What the scope and the filter leave of all time; undefined when that is nothing. */
  async #span(scope: Scope, filter: Filter, beforeMs = Number.POSITIVE_INFINITY): Promise<Slice | undefined> {
    const query = spanQuery(scope);
    const [edges] = await rowsOf<{ oldest: number | null; newest: number | null }>(this.#database.queries, query);
    if (!edges || edges.oldest === null || edges.newest === null) return undefined;
    const fromMs = Math.max(edges.oldest, filter.fromMs ?? edges.oldest);
    const toMs = Math.min(edges.newest + 1, filter.toMs ?? edges.newest + 1, beforeMs + 1);
    return fromMs < toMs ? { fromMs, toMs } : undefined;
  }

  async #prepare(month: Month): Promise<void> {
    if (this.#months.has(month.table)) return;
    this.#months.add(month.table);
    // Not made when conversations of that month are elsewhere already, or somebody else makes it now: they have their place all the same.
    await this.#database.script(createMonth(month)).catch(() => {});
  }

  async #tidyUp(months: readonly Month[]): Promise<void> {
    if (this.#database.engine !== 'embedded') return;
    for (const { table } of months) {
      const changes = (this.#changes.get(table) ?? 0) + 1;
      this.#changes.set(table, changes % changesMax);
      if (changes < changesMax) continue;
      await this.#database.script(`vacuum (analyze) ${table}`);
      await this.#database.script('vacuum (analyze) aliases');
    }
  }
}

interface FoundRow {
  readonly tenant: string;
  readonly conversation: string;
  readonly started_ms: number;
  readonly length_ms: number | null;
  readonly document: Found['document'];
}

function foundOf({ tenant, conversation, started_ms: startedMs, length_ms: lengthMs, document }: FoundRow): Found {
  return { tenant, conversation, startedMs, ...(lengthMs !== null && { lengthMs }), document };
}

/** In their order, cut where one has an id of one before, and where there are many. */
function batchesOf(conversations: readonly Conversation[]): Conversation[][] {
  const batches: Conversation[][] = [];
  const taken = new Set<string>();
  for (const one of conversations) {
    const ids = idsOf(one).map((id) => JSON.stringify([one.tenant, id]));
    const batch = batches.at(-1);
    if (batch && batch.length < batchMax && !ids.some((id) => taken.has(id))) {
      batch.push(one);
    } else {
      batches.push([one]);
      taken.clear();
    }
    for (const id of ids) taken.add(id);
  }
  return batches;
}
