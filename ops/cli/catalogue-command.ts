// `twinreel catalogue status|rebuild`: what the catalogue holds, and making it again from the recordings that are here and the couples
// that cores know.

import type { Command } from 'commander';
import {
  type Catalogue,
  type CatalogueStatus,
  cataloguePlaceOf,
  openCatalogue,
  ownerOf,
  rebuild,
} from '#cluster/catalogue';
import { coreControl } from '#cluster/core';
import { messageOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { listRecordings } from '#src/recording';
import { type Conversation, consolidate, type Fact } from '#src/recording/consolidate';
import { type CliContext, contextOf } from './context.ts';
import { table } from './output.ts';

export function addCatalogueCommand(program: Command): void {
  const catalogue = program
    .command('catalogue')
    .description('the catalogue of conversations: DATABASE_URL, or embedded');

  catalogue
    .command('status')
    .description('how many conversations of which tenant it holds, and how large it is')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const status = await withCatalogue(context, (opened) => opened.status());
      context.print(context.json ? JSON.stringify(status) : statusText(status));
    });

  catalogue
    .command('rebuild')
    .description('makes it again from manifests and couples; tags, notes and tombstones stay')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const { conversations, damaged, without } = await knownHere(context);
      const count = await withCatalogue(context, (opened) => rebuild(opened, conversations));
      const report = { conversations: count, damaged, without };
      context.print(context.json ? JSON.stringify(report) : rebuiltText(report));
    });
}

interface KnownHere {
  readonly conversations: readonly Conversation[];
  /** Folders whose manifest cannot be read. */
  readonly damaged: readonly string[];
  /** Why couples are missing in it. */
  readonly without: string | undefined;
}

/** Takes tell of conversations also where no core answers; couples add who spoke, and what was attached. */
async function knownHere({ layout }: CliContext): Promise<KnownHere> {
  const facts: Fact[] = [];
  const damaged: string[] = [];
  for await (const { manifest } of listRecordings(layout.recordingsDir, (folder) => damaged.push(folder))) {
    facts.push({ type: 'manifest', manifest: manifest.facts });
  }
  let without: string | undefined;
  try {
    const couples = await coreControl.couples(layout.coreSocket);
    facts.push(...couples.map((couple): Fact => ({ type: 'couple', writer: 'core', offset: 0, couple })));
  } catch (error) {
    without = messageOf(error);
  }
  return { conversations: consolidate(facts), damaged, without };
}

async function withCatalogue<Answer>(
  { layout }: CliContext,
  ask: (catalogue: Catalogue) => Promise<Answer>,
): Promise<Answer> {
  const place = cataloguePlaceOf(process.env['DATABASE_URL'], layout.catalogueDir);
  const owner = place.engine === 'embedded' ? ownerOf(place.folder) : undefined;
  if (owner !== undefined) {
    throw new TwinreelError('catalogue-owned', `process ${owner} has ${layout.catalogueDir}: stop replay first`);
  }
  const { catalogue } = await openCatalogue(place, systemClock);
  try {
    return await ask(catalogue);
  } finally {
    await catalogue.close();
  }
}

function statusText({ engine, bytes, tenants, tombstones }: CatalogueStatus): string {
  const head = `${engine}, ${(bytes / 2 ** 20).toFixed(1)} MiB, ${tombstones} ids of conversations that were removed`;
  const rows = tenants.map(({ tenant, conversations }) => [tenant, conversations]);
  return [head, table(['tenant', 'conversations'], rows)].join('\n');
}

function rebuiltText({
  conversations,
  damaged,
  without,
}: { conversations: number } & Omit<KnownHere, 'conversations'>): string {
  return [
    `${conversations} conversations`,
    ...damaged.map((folder) => `left out, its manifest cannot be read: ${folder}`),
    ...(without === undefined ? [] : [`of recordings alone, without couples: ${without}`]),
  ].join('\n');
}
