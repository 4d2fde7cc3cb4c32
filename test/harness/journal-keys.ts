// The key pair of the journals of tests. Making one takes a second of a core, and every process that starts in an empty
// folder makes its own: so this one is made for all times. It protects nothing: it is public.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const pem = readFileSync(resolve(import.meta.dirname, '../fixtures/keys/journal.pem'));

export const journalKeys = { publicKey: createPublicKey(pem), privateKey: createPrivateKey(pem) };

/** Lays them where a node looks for its keys (`ensureKeyPair`), as if it had been started there before. */
export function placeJournalKeys(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'journal-private.pem'), pem, { mode: 0o600 });
}
