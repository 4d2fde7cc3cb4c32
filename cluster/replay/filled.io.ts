// Whether the catalogue holds all that is known, also what is no longer in memory. The embedded engine does not sync: what it holds is
// believed until the machine is started anew. PostgreSQL is believed as long as it is the same one.

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CataloguePlace } from '#cluster/catalogue';

/** Of a catalogue on a machine that runs since it was started last; undefined where that cannot be known. */
export async function catalogueIdentity(place: CataloguePlace): Promise<string | undefined> {
  if (place.engine === 'postgres') return createHash('sha256').update(place.url).digest('hex');
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
}

export async function isFilled(folder: string, identity: string | undefined): Promise<boolean> {
  return identity !== undefined && (await readFile(pathIn(folder), 'utf8').catch(() => undefined)) === identity;
}

export async function noteFilled(folder: string, identity: string | undefined): Promise<void> {
  if (identity !== undefined) await writeFile(pathIn(folder), identity, { mode: 0o600, flush: true });
}

function pathIn(folder: string): string {
  return join(folder, 'catalogue-filled');
}
