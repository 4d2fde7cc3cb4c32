// Conversations as the catalogue has them, for the API: one tenant at a time.

import { sql } from 'drizzle-orm';
import { type Catalogue, type Filter, filterSchema } from '#cluster/catalogue';
import { systemClock } from '#src/ports';
import { problemStatuses } from '#src/recording';
import type { Conversation, Saying } from '#src/recording/consolidate';
import type { Filters } from './conversation-list.schema.ts';
import type { ConversationStore, Entry, FoundPage } from './ports.protocol.ts';

/** Resolves with the time of what was said, when power loss can no longer take it. */
type Remember = (conversation: Conversation, said: Omit<Saying, 'atMs'>) => Promise<number>;
type Listener = (tenant: string, conversation: string) => void;

export class CatalogueStore implements ConversationStore {
  readonly #catalogue: Catalogue;
  readonly #listeners = new Set<Listener>();

  readonly #remember: Remember;

  /** `remember`: for who keeps what people say where the catalogue can be filled from again. */
  constructor(catalogue: Catalogue, remember: Remember = async () => Math.floor(systemClock.nowMs())) {
    this.#catalogue = catalogue;
    this.#remember = remember;
  }

  /** For whoever puts conversations into the catalogue: this one has become another one. */
  changed(tenant: string, conversation: string): void {
    for (const listener of this.#listeners) listener(tenant, conversation);
  }

  /** From one tenant to the next along the index, however many conversations each has. */
  async tenants(): Promise<readonly string[]> {
    const rows = await this.#catalogue.database.queries.execute(sql`
      with recursive found(tenant) as (
        (select tenant from aliases order by tenant limit 1)
        union all
        select (select aliases.tenant from aliases where aliases.tenant > found.tenant order by aliases.tenant limit 1)
        from found where found.tenant is not null
      ) select tenant from found where tenant is not null`);
    return rows.map(({ tenant }) => String(tenant));
  }

  async search(tenant: string, filters: Filters, after: string | undefined, limit: number): Promise<FoundPage> {
    const page = { limit, ...(after !== undefined && { after }) };
    const { found, next } = await this.#catalogue.search({ tenants: [tenant] }, filterOf(filters), page);
    return { conversations: found.map(({ document }) => document), ...(next !== undefined && { next }) };
  }

  async get(tenant: string, conversation: string): Promise<Entry | undefined> {
    const entry = await this.#catalogue.get({ tenants: [tenant] }, conversation);
    if (!entry) return undefined;
    const notes = entry.notes.map(({ note, text, byUser, atMs }) => ({ note, by: byUser, atMs, text }));
    return { conversation: entry.document, remarks: { tags: [...entry.tags], notes } };
  }

  async setTags(tenant: string, conversation: string, byUser: string, wanted: readonly string[]): Promise<boolean> {
    const scope = { tenants: [tenant] };
    const entry = await this.#catalogue.get(scope, conversation);
    if (!entry) return false;
    for (const text of entry.tags.filter((one) => !wanted.includes(one))) {
      await this.#remember(entry.document, { said: 'untagged', text, byUser });
      await this.#catalogue.untag(scope, conversation, text);
    }
    for (const text of wanted.filter((one) => !entry.tags.includes(one))) {
      const atMs = await this.#remember(entry.document, { said: 'tagged', text, byUser });
      await this.#catalogue.tag(scope, conversation, { byUser, text, atMs });
    }
    return true;
  }

  async addNote(tenant: string, conversation: string, byUser: string, text: string): Promise<boolean> {
    const scope = { tenants: [tenant] };
    const entry = await this.#catalogue.get(scope, conversation);
    if (!entry) return false;
    const atMs = await this.#remember(entry.document, { said: 'noted', text, byUser });
    return this.#catalogue.note(scope, conversation, { byUser, text, atMs });
  }

  async ready(): Promise<void> {
    await this.#catalogue.database.queries.execute(sql`select 1`);
  }

  onChanged(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const digitsOfPartMin = 3;

/** What stands in an address, as the catalogue is asked. */
function filterOf({ number, direction, key, value, problem, tag, ...same }: Filters): Filter {
  const digits = number?.replaceAll(/[^\p{L}\p{N}]/gu, '').length ?? 0;
  const sick = problemStatuses.filter((one) => one !== 'NO_PROBLEM');
  const filter = {
    ...same,
    number: number && { match: digits < digitsOfPartMin ? 'prefix' : 'part', text: number },
    direction: direction && [direction],
    data: key && [{ key, value, match: 'prefix' }],
    problem: problem && (problem === 'any' ? sick : [problem]),
    tags: tag && [tag],
  };
  return filterSchema.parse(JSON.parse(JSON.stringify(filter)));
}
