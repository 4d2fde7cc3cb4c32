// The name under which nodes keep the receipts of this store: the same for ever, also when the node it runs on is called otherwise.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '#src/ports';

/** Drawn once for each folder. */
export async function storeNameIn(folder: string, random: Random): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'store-name');
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known) return known;
  const name = `store-${random.uuid()}`;
  await writeFile(path, name, { mode: 0o600, flush: true });
  return name;
}
