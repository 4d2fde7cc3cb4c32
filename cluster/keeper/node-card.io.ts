// The card as a file, `node.json` in the run folder: replaced whole, so that a reader never sees half of it.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NodeCard, nodeCardSchema } from './node-card.schema.ts';

const fileName = 'node.json';

/** Writes the card into the run folder, which is made where missing. */
export function writeNodeCard(runDir: string, card: NodeCard): void {
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const path = join(runDir, fileName);
  writeFileSync(`${path}.new`, `${JSON.stringify(card, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** The card of a run folder, or undefined while there is none. */
export async function readNodeCard(runDir: string): Promise<NodeCard | undefined> {
  const text = await readFile(join(runDir, fileName), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : nodeCardSchema.parse(JSON.parse(text));
}

/** Takes the card away: the node is down in good order. */
export function removeNodeCard(runDir: string): void {
  rmSync(join(runDir, fileName), { force: true });
}
