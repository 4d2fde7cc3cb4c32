// `twinreel catalogue status|rebuild`: what the catalogue holds, and making it again from what replay of this machine knows.

import type { Command } from 'commander';
import {
  type Catalogue,
  type CatalogueStatus,
  cataloguePlaceOf,
  type Known,
  openCatalogue,
  ownerOf,
  rebuild,
} from '#cluster/catalogue';
import { conversationsKnownIn, replayControl } from '#cluster/replay';
import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
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
    .description('makes it again from recordings, facts and what people said, while replay is down; tombstones stay')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const known = await knownHere(context);
      const conversations = await withCatalogue(context, (opened) => rebuild(opened, known));
      context.print(context.json ? JSON.stringify({ conversations }) : `${conversations} conversations`);
    });
}

/** Facts and recordings of the replay of this machine, put together. Rejects with `catalogue-refused` when there are none, or it runs. */
async function knownHere({ config, layout }: CliContext): Promise<AsyncIterable<Known>> {
  if (await replayControl.isRunning(layout.replaySocket))
    throw new TwinreelError('catalogue-refused', 'replay runs, and keeps the catalogue up to date: stop it first');
  const warn = (fields: object, text: string) => void process.stderr.write(`${text}: ${JSON.stringify(fields)}\n`);
  const known = conversationsKnownIn(config, layout, { warn, error: warn });
  // Nothing is emptied before it is known that there is something to fill it with.
  const first = await known.next();
  if (!first.done) return beginningWith(first.value, known);
  throw new TwinreelError('catalogue-refused', `nothing is known in ${layout.replayDir} that it could be made of`);
}

async function* beginningWith<Value>(first: Value, rest: AsyncGenerator<Value>): AsyncGenerator<Value> {
  yield first;
  yield* rest;
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
