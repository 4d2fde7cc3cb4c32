// Opens the catalogue where the site wants it: a PostgreSQL, or the embedded engine in a folder of the node.

import type { Clock } from '#src/ports';
import { Catalogue } from './catalogue.io.ts';
import type { Database } from './database.protocol.ts';
import { openEmbedded } from './embedded.io.ts';
import { openPostgres } from './postgres.io.ts';

export type CataloguePlace =
  | { readonly engine: 'postgres'; readonly url: string; readonly statementMsMax?: number }
  | { readonly engine: 'embedded'; readonly folder: string };

export interface OpenCatalogue {
  readonly catalogue: Catalogue;
  /** The folder of before could not be opened and was put there: conversations, and what people said of them, are to be made again. */
  readonly setAside: string | undefined;
}

const connectionsMax = 8;
const connectMsMax = 10_000;
const usualStatementMsMax = 10_000;

/** `databaseUrl`: DATABASE_URL. */
export function cataloguePlaceOf(databaseUrl: string | undefined, folder: string): CataloguePlace {
  return databaseUrl ? { engine: 'postgres', url: databaseUrl } : { engine: 'embedded', folder };
}

/** Rejects with `catalogue-unreachable`, `catalogue-owned` or `catalogue-too-new`. `thread`: as {@link openEmbedded}. */
export async function openCatalogue(place: CataloguePlace, clock: Clock, thread?: URL): Promise<OpenCatalogue> {
  if (place.engine === 'postgres') {
    const { url, statementMsMax = usualStatementMsMax } = place;
    const database = await openPostgres({ url, connectionsMax, connectMsMax, statementMsMax });
    return { catalogue: await opened(database, clock), setAside: undefined };
  }
  const { database, setAside } = await openEmbedded({
    folder: place.folder,
    nowMs: clock.nowMs(),
    ...(thread && { thread }),
  });
  return { catalogue: await opened(database, clock), setAside };
}

async function opened(database: Database, clock: Clock): Promise<Catalogue> {
  try {
    return await Catalogue.open(database, clock);
  } catch (error) {
    await database.close();
    throw error;
  }
}
