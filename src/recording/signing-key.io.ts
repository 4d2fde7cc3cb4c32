// The Ed25519 key with which a node signs its manifests, as PEM files: the public half is for whoever verifies.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemFiles } from '#src/journal';

const privateFile = 'signing-private.pem';
const publicFile = 'signing-public.pem';

/** The signing key of a folder; made, mode 0600, where there is none. Only the recorder of a node calls this. */
export async function ensureSigningKey(folder: string): Promise<KeyObject> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const existing = await readFile(join(folder, privateFile)).catch(() => undefined);
  if (existing) return createPrivateKey(existing);
  const { privateKey } = generateKeyPairSync('ed25519');
  await place(join(folder, publicFile), createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }));
  await place(join(folder, privateFile), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return privateKey;
}

async function place(path: string, pem: string | Buffer): Promise<void> {
  await writeFile(`${path}.new`, pem, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  await systemFiles.syncFolder(dirname(path));
}
