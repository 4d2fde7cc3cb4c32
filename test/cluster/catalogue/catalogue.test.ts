// The catalogue on each engine: what is put in is found once, by everything it should be found by, and by nobody else's tenants.

import { sql } from 'drizzle-orm';
import { getTableConfig } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalogue, type Filter, rebuild, rowsOf, type Scope } from '#cluster/catalogue';
import { conversationOf, type Site } from '#ops/bench';
import { VirtualClock } from '#src/ports';
import { problemStatuses } from '#src/recording';
import type { Conversation } from '#src/recording/consolidate';
import * as tables from '../../../cluster/catalogue/tables.ts';
import { engines } from './engines.ts';
import { naivelyFound } from './naive-search.ts';

const nowMs = Date.UTC(2026, 10, 20, 12);
const site: Site = {
  seed: 7,
  tenants: ['acme', 'beta'],
  agents: 40,
  customers: 60,
  fromMs: Date.UTC(2026, 6, 1),
  toMs: nowMs,
  total: 400,
};
const corpus = Array.from({ length: site.total }, (_, number) => conversationOf(site, number));
const everybody: Scope = { tenants: ['acme', 'beta'] };

for (const engine of engines) {
  const title = engine.missing === undefined ? engine.name : `${engine.name} (not tried: ${engine.missing})`;
  describe.skipIf(engine.missing !== undefined)(`the catalogue on ${title}`, () => {
    let catalogue: Catalogue;
    let stop = async () => {};

    beforeAll(async () => {
      const started = await engine.start();
      stop = started.stop;
      catalogue = await Catalogue.open(started.database, new VirtualClock(nowMs));
      await catalogue.put(corpus);
    });
    afterAll(() => stop());

    const idsFound = async (scope: Scope, filter: Filter, limit = 500) =>
      (await catalogue.search(scope, filter, { limit })).found.map(({ conversation }) => conversation);
    const put = (...changed: Partial<Conversation>[]) =>
      catalogue.put(changed.map((change) => ({ ...corpus[0]!, ...change })));

    it('R-RPL-4: pages, one after the other, are what a naive search finds, whatever is asked for', async () => {
      await fc.assert(
        fc.asyncProperty(filters, scopes, fc.integer({ min: 7, max: 90 }), async (filter, scope, limit) => {
          const ids: string[] = [];
          let after: string | undefined;
          do {
            const page = await catalogue.search(scope, filter, { limit, ...(after !== undefined && { after }) });
            ids.push(...page.found.map(({ conversation }) => conversation));
            after = page.next;
          } while (after !== undefined);
          const expected = naivelyFound(corpus, scope, filter);
          expect(ids).toEqual(expected);
          const counted = await catalogue.count(scope, filter, 100);
          expect(counted).toEqual({ count: Math.min(100, expected.length), isMore: expected.length > 100 });
        }),
        { seed: 20_261_123, numRuns: process.env['TWINREEL_FULL'] ? 400 : 40 },
      );
    });

    it('R-RPL-1: putting the same in again changes nothing', async () => {
      const before = await catalogue.search(everybody, {}, { limit: 500 });
      await catalogue.put(corpus.slice(100, 200));
      expect(await catalogue.search(everybody, {}, { limit: 500 })).toEqual(before);
    });

    it('R-RPL-1: conversations that turn out to be one are found once, by every id they had', async () => {
      const scope = { tenants: ['joined'] };
      const common = { tenant: 'joined', startedMs: nowMs - 5_000, endedMs: nowMs };
      await put({ ...common, conversation: 'j2', aliases: ['j2'] }, { ...common, conversation: 'j3', aliases: ['j3'] });
      expect(await idsFound(scope, {})).toEqual(['j3', 'j2']);
      await catalogue.tag(scope, 'j3', { byUser: 'eva', text: 'Complaint' });
      await put({ ...common, startedMs: nowMs - 9_000_000, conversation: 'j1', aliases: ['j1', 'j2', 'j3'] });
      expect(await idsFound(scope, {})).toEqual(['j1']);
      expect(await idsFound(scope, { tags: ['complaint'] })).toEqual(['j1']);
      const entries = await Promise.all(['j1', 'j2', 'j3'].map((id) => catalogue.get(scope, id)));
      expect(entries.map((entry) => entry?.document.conversation)).toEqual(['j1', 'j1', 'j1']);
      expect(entries[0]?.tags).toEqual(['Complaint']);
      // What is said of it last holds, also when it is two again.
      await put(
        { ...common, conversation: 'j1', aliases: ['j1', 'j2'] },
        { ...common, conversation: 'j3', aliases: ['j3'] },
      );
      expect(await idsFound(scope, {})).toEqual(['j3', 'j1']);
    });

    it('R-RPL-7: what was removed is not taken in again, by none of its ids', async () => {
      const scope = { tenants: ['gone'] };
      const common = { tenant: 'gone', startedMs: nowMs - 5_000 };
      await put({ ...common, conversation: 'g1', aliases: ['g1', 'g2'] });
      expect(await catalogue.remove({ tenants: ['acme'] }, 'g2', 'by request')).toBe(false);
      expect(await catalogue.remove(scope, 'g2', 'by request')).toBe(true);
      await put({ ...common, conversation: 'g2', aliases: ['g2'] }, { ...common, conversation: 'g1', aliases: ['g1'] });
      await put({ ...common, conversation: 'g0', aliases: ['g0', 'g1'] });
      expect(await idsFound(scope, {})).toEqual([]);
      expect(await catalogue.get(scope, 'g0')).toBeUndefined();
      expect(await catalogue.remove(scope, 'g2', 'again')).toBe(false);
      await put({ ...common, conversation: 'g5', aliases: ['g5'] });
      await put({ ...common, conversation: 'g5', aliases: ['g5'], phase: 'deleted' });
      await put({ ...common, conversation: 'g5', aliases: ['g5'] });
      expect(await idsFound(scope, {})).toEqual([]);
    });

    it('R-OPS-2: ids of another tenant lead nowhere', async () => {
      const { tenant, conversation } = corpus[3]!;
      const other = { tenants: [tenant === 'acme' ? 'beta' : 'acme'] };
      expect(await catalogue.get({ tenants: [tenant] }, conversation)).toBeDefined();
      expect(await catalogue.get(other, conversation)).toBeUndefined();
      expect(await catalogue.tag(other, conversation, { byUser: 'eva', text: 'mine' })).toBe(false);
      expect(await idsFound({ tenants: [] }, {})).toEqual([]);
      expect(await catalogue.get({ tenants: [] }, conversation)).toBeUndefined();
    });

    it('R-RPL-4: tags and notes are found as soon as they are there, and no longer when they are not', async () => {
      const scope = { tenants: ['tagged'] };
      await put({ tenant: 'tagged', conversation: 't1', aliases: ['t1'], startedMs: nowMs - 5_000 });
      await catalogue.tag(scope, 't1', { byUser: 'eva', text: 'To check' });
      await catalogue.note(scope, 't1', { byUser: 'eva', text: 'The café rang twice.' });
      expect(await idsFound(scope, { tags: ['to check'], text: 'CAFE twi' })).toEqual(['t1']);
      expect((await catalogue.get(scope, 't1'))?.notes).toMatchObject([
        { text: 'The café rang twice.', byUser: 'eva', atMs: nowMs },
      ]);
      await catalogue.untag(scope, 't1', 'To check');
      await catalogue.tag(scope, 't1', { byUser: 'eva', text: 'nul\0' });
      expect((await catalogue.get(scope, 't1'))?.tags).toEqual(['nul\ufffd']);
      expect(await idsFound(scope, { tags: ['to check'] })).toEqual([]);
    });

    it('R-RPL-4: hostile values are found as they are, and are nothing else', async () => {
      const scope = { tenants: ['hostile'] };
      const values = [
        `'; drop table users; --`,
        `a' | 'b`,
        'back\\slash:*',
        'nul\0 and half \ud800',
        '<img src=x>',
        '%_',
      ];
      await catalogue.put(
        values.map((value, number) => ({
          ...corpus[0]!,
          tenant: 'hostile',
          conversation: `h${number}`,
          aliases: [`h${number}`],
          startedMs: nowMs - number,
          participants: [{ number: value, name: value, role: 'customer', fromMs: nowMs }],
          externalData: [{ key: value, value, sid: 's' }],
          couples: [{ ...corpus[0]!.couples[0]!, dn: 'x', otherDn: value, externalData: { [value]: value } }],
        })),
      );
      for (const [number, value] of values.entries()) {
        expect(await idsFound(scope, { data: [{ key: value, value }] })).toEqual([`h${number}`]);
        expect(await idsFound(scope, { number: { match: 'exact', text: value } })).toEqual([`h${number}`]);
        expect(await idsFound(scope, { number: { match: 'part', text: value } })).toEqual([`h${number}`]);
      }
      expect(await catalogue.get(scope, 'h\0')).toBeUndefined();
      expect((await catalogue.get(scope, 'h3'))?.document.participants[0]?.name).toBe('nul\ufffd and half \ufffd');
    });

    it('R-RPL-4: a conversation of a clock that is wrong is found, too', async () => {
      const scope = { tenants: ['clock'] };
      await put({ tenant: 'clock', conversation: 'old', aliases: ['old'], startedMs: 1_000.5 });
      await put({ tenant: 'clock', conversation: 'new', aliases: ['new'], startedMs: Date.UTC(2099, 1) });
      expect(await idsFound(scope, {})).toEqual(['new', 'old']);
    });

    it('R-RPL-4: what no page said is refused as a cursor', async () => {
      const nul = Buffer.from('[1,"\\u0000","a"]').toString('base64url');
      for (const after of ['', 'x', nul, Buffer.from('[1,2,3]').toString('base64url')]) {
        await expect(catalogue.search(everybody, {}, { limit: 1, after })).rejects.toThrow(
          'is not the cursor of a page',
        );
      }
    });

    it('R-RPL-4: made again, the catalogue has what it was told and nothing else, and what people said of it', async () => {
      const scope = { tenants: ['acme'] };
      const { conversation } = corpus.find(({ tenant }) => tenant === 'acme')!;
      await catalogue.tag(scope, conversation, { byUser: 'eva', text: 'kept' });
      await put({ tenant: 'stray', conversation: 'stray', aliases: ['stray'] });
      expect(
        await rebuild(
          catalogue,
          corpus.map((conversation) => ({ conversation, sayings: [] })),
        ),
      ).toBe(site.total);
      expect(await idsFound({ tenants: ['stray'] }, {})).toEqual([]);
      expect(await idsFound(everybody, {})).toHaveLength(site.total);
      expect(await idsFound(scope, { tags: ['kept'] })).toEqual([conversation]);
    });

    it('the tables are what queries rely upon', async () => {
      const rows = await rowsOf<{ name: string; columns: string[] }>(
        catalogue.database.queries,
        sql`select table_name as name, array_agg(column_name || ' ' || is_nullable order by column_name)::text[] as columns
          from information_schema.columns where table_schema = 'public' group by table_name`,
      );
      for (const table of Object.values(tables)) {
        const { name, columns } = getTableConfig(table);
        const expected = columns.map((column) => `${column.name} ${column.notNull ? 'NO' : 'YES'}`).sort();
        expect(rows.find((row) => row.name === name)?.columns.sort()).toEqual(expected);
      }
    });

    it('opening again finds the tables as they are', async () => {
      const again = await Catalogue.open(catalogue.database, new VirtualClock(nowMs));
      expect((await again.search(everybody, {}, { limit: 500 })).found).toHaveLength(site.total);
      await again.database.script(`insert into migrations values ('9999-later.sql')`);
      const { engine: name, tenants, tombstones: removed, bytes } = await again.status();
      expect([name, removed > 0, bytes > 0]).toEqual([engine.name, true, true]);
      expect(tenants.reduce((sum, { conversations }) => sum + conversations, 0)).toBe(site.total);
      await expect(Catalogue.open(again.database, new VirtualClock(nowMs))).rejects.toThrow('9999-later.sql');
    });
  });
}

const scopes = fc.constantFrom<Scope>(
  everybody,
  { tenants: ['acme'] },
  { tenants: ['beta', 'nobody'] },
  { tenants: [] },
);

/** Mostly what some conversation has, so that something is found. */
const filters: fc.Arbitrary<Filter> = fc
  .tuple(fc.constantFrom(...corpus), fc.infiniteStream(fc.boolean()), fc.nat())
  .map(([one, wanted, number]) => {
    const maybe = <K extends keyof Filter>(name: K, value: Filter[K]): Partial<Filter> =>
      wanted.next().value && wanted.next().value ? ({ [name]: value } as Partial<Filter>) : {};
    const customer = one.participants[1]!.number;
    const datum = one.externalData[number % one.externalData.length]!;
    const match = (['exact', 'prefix', 'part'] as const)[number % 3]!;
    const texts = {
      exact: customer,
      prefix: customer.slice(0, 4 + (number % 9)),
      part: customer.slice(5, 8 + (number % 5)),
    };
    return {
      ...maybe('fromMs', one.startedMs - (number % 3) * 86_400_000),
      ...maybe('toMs', one.startedMs + 1 + (number % 30) * 86_400_000),
      ...maybe('dn', one.participants[0]!.number),
      ...maybe('agent', one.participants[0]!.agentId!.toLowerCase()),
      ...maybe('number', { match, text: texts[match] }),
      ...maybe('direction', number % 2 ? [one.direction] : ['inbound', 'consult']),
      ...maybe('lengthMsMin', one.endedMs! - one.startedMs - (number % 60_000)),
      ...maybe('lengthMsMax', one.endedMs! - one.startedMs + (number % 60_000)),
      ...maybe('data', [number % 4 === 0 ? { key: datum.key } : { key: datum.key, value: datum.value.toUpperCase() }]),
      ...maybe('problem', number % 2 ? [one.problem] : [...problemStatuses.slice(1)]),
      ...maybe('text', `${one.participants[0]!.name!.slice(0, 3 + (number % 9))} ${datum.value.slice(0, 4)}`),
    };
  });
