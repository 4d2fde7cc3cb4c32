// Redis scripts lie beside the sources and are not compiled: read from there, wherever this runs from.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The text of the script `name`, which lies beside the file that `module` (its import.meta.url) was made from. */
export function readScript(module: string, name: string): string {
  const folder = fileURLToPath(new URL('.', module)).replace('/dist/cluster/', '/cluster/');
  return readFileSync(`${folder}${name}.lua`, 'utf8');
}
