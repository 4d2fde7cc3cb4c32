// The keys of nodes that replay was given: those that open recordings, and those that say whose they are.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, Layout } from '#src/config';
import { messageOf, TwinreelError } from '#src/errors';
import { ensureKeyPair, loadPrivateKey } from '#src/journal';
import { keyId, type Manifest, manifestHolds } from '#src/recording';

/** Of this node and of those that are named. Rejects with `journal-key-unusable`. */
export async function loadOpeningKeys({ replay }: Config, { keysDir }: Layout): Promise<readonly KeyObject[]> {
  const { privateKeyFile } = await ensureKeyPair(keysDir);
  return Promise.all([privateKeyFile, ...replay.privateKeyFiles].map(loadPrivateKey));
}

/** Says of a manifest whether who signed it is known, and whether it is as it was then. */
export async function loadSigners(
  { replay }: Config,
  { keysDir }: Layout,
): Promise<(manifest: Manifest) => 'holds' | 'broken' | 'signer-unknown'> {
  const own = await readFile(join(keysDir, 'signing-public.pem')).catch(() => undefined);
  const named = await Promise.all(replay.signerFiles.map(readPem));
  const signers = new Map(
    [...(own ? [own] : []), ...named].map((pem) => {
      const key = createPublicKey(pem);
      return [keyId(key), key] as const;
    }),
  );
  return (manifest) => {
    const signer = signers.get(manifest.signature.keyId);
    if (!signer) return 'signer-unknown';
    return manifestHolds(manifest, signer) ? 'holds' : 'broken';
  };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new TwinreelError('config-invalid', `replay.signerFiles: ${path} cannot be read: ${messageOf(error)}`, {
      path,
    });
  }
}
