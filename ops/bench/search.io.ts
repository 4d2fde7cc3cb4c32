// What a search costs: a catalogue is filled with conversations of a year, by a seed, and asked in every way people ask. The slowest
// kind of question is held against the goal, not the average of all.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalogue, type Filter, openCatalogue, type Scope } from '#cluster/catalogue';
import { type Random, seededRandom, systemClock } from '#src/ports';
import { type Bench, type BenchOptions, percentile } from './bench.ts';
import { conversationOf, type Site } from './conversations.ts';
import { fill, storedBytes } from './filling.io.ts';
import { startPostgres } from './postgres-server.io.ts';

const yearMs = 365 * 86_400_000;
const questionsOfKind = 40;
const pageRows = 50;
const ownServer = {
  shared_buffers: '2GB',
  maintenance_work_mem: '1GB',
  max_wal_size: '8GB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  full_page_writes: 'off',
  autovacuum: 'off',
  work_mem: '32MB',
};

export const search: Bench = {
  name: 'search',
  about: 'searches of every kind in a catalogue of a year, pages of 50',
  goals: ({ engine }) => [{ figure: 'p95MsOfSlowestKind', atMost: engine === 'postgres' ? 100 : 300 }],
  async run(options) {
    const { rows, engine, say } = options;
    const toMs = Math.floor(systemClock.nowMs() / 86_400_000) * 86_400_000;
    const customers = Math.max(100, Math.floor(rows / 20));
    const agents = Math.max(20, Math.min(5_000, Math.floor(rows / 2_000)));
    const tenants = ['acme', 'acme', 'acme', 'beta'];
    const site: Site = { seed: 11, tenants, agents, customers, fromMs: toMs - yearMs, toMs, total: rows };
    const { catalogue, close } = await opened(options);
    try {
      const filling = performance.now();
      await fill({ database: catalogue.database, put: (days) => catalogue.put(days) }, site, say);
      const secondsToFill = (performance.now() - filling) / 1000;
      say(`${rows} conversations on ${engine}, there after ${secondsToFill.toFixed(0)} s`);
      const bytes = await storedBytes(catalogue.database);
      return {
        rows,
        secondsToFill: Math.round(secondsToFill),
        mebibytes: Math.round(bytes / 2 ** 20),
        ...(await asked(catalogue, site, say)),
      };
    } finally {
      await close();
    }
  },
};

/** On a server that DATABASE_URL names, or in a folder that was given, what is there is asked as it is, and stays. */
async function opened({
  engine,
  folder: kept,
}: BenchOptions): Promise<{ catalogue: Catalogue; close: () => Promise<void> }> {
  if (engine === 'postgres') {
    const given = process.env['DATABASE_URL'];
    const server = given === undefined ? await startPostgres(ownServer) : undefined;
    const { catalogue } = await openCatalogue({ engine, url: given ?? server!.url, statementMsMax: 0 }, systemClock);
    const close = async () => {
      await catalogue.close();
      await server?.stop();
    };
    return { catalogue, close };
  }
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'twinreel-search-'));
  const { catalogue } = await openCatalogue({ engine, folder: join(folder, 'catalogue') }, systemClock);
  const close = async () => {
    await catalogue.close();
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  };
  return { catalogue, close };
}

/** Milliseconds of each kind of question, one after the other. */
async function asked(
  catalogue: Catalogue,
  site: Site,
  say: BenchOptions['say'],
): Promise<Record<string, number | null>> {
  const scope: Scope = { tenants: ['acme'] };
  const figures: Record<string, number | null> = {};
  const all: number[] = [];
  let slowest = 0;
  for (const [kind, filterOf] of Object.entries(kinds)) {
    const random = seededRandom(5);
    const times: number[] = [];
    let found = 0;
    for (let question = 0; question < questionsOfKind; question += 1) {
      const one = conversationOf(site, Math.floor(random.fraction() * site.total));
      const filter = filterOf(one, random);
      const begun = performance.now();
      const page = await catalogue.search(scope, filter, { limit: pageRows });
      times.push(performance.now() - begun);
      found += page.found.length;
    }
    all.push(...times);
    const [p50, p95] = [percentile(times, 0.5)!, percentile(times, 0.95)!];
    slowest = Math.max(slowest, p95);
    figures[`${kind}P50Ms`] = rounded(p50);
    figures[`${kind}P95Ms`] = rounded(p95);
    say(`${kind}: ${(found / questionsOfKind).toFixed(1)} found on a page`);
  }
  return {
    ...figures,
    p50Ms: rounded(percentile(all, 0.5)!),
    p95Ms: rounded(percentile(all, 0.95)!),
    p95MsOfSlowestKind: rounded(slowest),
  };
}

type Example = ReturnType<typeof conversationOf>;

/** What is asked about a conversation drawn at random, by kind. */
const kinds: Readonly<Record<string, (one: Example, random: Random) => Filter>> = {
  newest: () => ({}),
  day: ({ startedMs }) => ({ fromMs: startedMs - 43_200_000, toMs: startedMs + 43_200_000 }),
  dn: ({ couples }) => ({ dn: couples[0]!.dn }),
  agentInMonth: ({ participants, startedMs }) => ({
    agent: participants[0]!.agentId!,
    fromMs: startedMs - 30 * 86_400_000,
    toMs: startedMs,
  }),
  number: ({ participants }) => ({ number: { match: 'exact', text: participants[1]!.number } }),
  numberPrefix: ({ participants }, random) => ({
    number: { match: 'prefix', text: participants[1]!.number.slice(0, 5 + Math.floor(random.fraction() * 7)) },
  }),
  numberPart: ({ participants }, random) => ({
    number: { match: 'part', text: participants[1]!.number.slice(-(3 + Math.floor(random.fraction() * 6))) },
  }),
  numberUnknown: () => ({ number: { match: 'part', text: '999888777' } }),
  datum: ({ externalData }) => ({ data: [externalData[0]!] }),
  datumOfOne: ({ externalData }) => ({ data: [externalData[3]!] }),
  datumFrequent: ({ externalData }) => ({ data: [externalData[1]!, externalData[2]!] }),
  problem: () => ({ problem: ['ONLY_ONE_STREAM', 'NO_STREAMS'] }),
  directionAndLength: ({ direction }) => ({ direction: [direction], lengthMsMin: 300_000 }),
  longest: () => ({ lengthMsMin: 5_950_000 }),
  words: ({ participants, externalData }) => ({
    text: `${participants[0]!.name} ${externalData[2]!.value.slice(0, 4)}`,
  }),
  wordsOfOne: ({ participants, externalData }) => ({
    text: `${externalData[0]!.value} ${participants[0]!.name!.slice(0, 3)}`,
  }),
  wordUnknown: () => ({ text: 'nosuchword' }),
  frequentTogether: ({ couples, externalData }) => ({
    dn: couples[0]!.dn,
    data: [externalData[1]!, externalData[2]!],
    problem: ['NO_STREAMS'],
  }),
};

function rounded(ms: number): number {
  return Number(ms.toFixed(1));
}
