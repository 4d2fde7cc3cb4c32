// The key pair of a node's journals as PEM files. Writers load the public half only; the private half is for the
// process that finishes recordings.

import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TwinreelError } from '#src/errors';
import { systemRandom } from '#src/ports';
import { systemFiles } from './system-files.io.ts';

export interface KeyFiles {
  readonly publicKeyFile: string;
  readonly privateKeyFile: string;
}

const modulusLength = 3072;

/** The key files of a folder; a pair is made, mode 0600, where there is none. Safe when two processes start at once. */
export async function ensureKeyPair(folder: string): Promise<KeyFiles> {
  const privateKeyFile = join(folder, 'journal-private.pem');
  const publicKeyFile = join(folder, 'journal-public.pem');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const existing = await readFile(privateKeyFile, 'utf8').catch(() => undefined);
  if (existing === undefined) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength });
    await placeOnce(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }
  // The public file always follows from the private one, so that a crash between the two heals itself.
  const publicKey = createPublicKey(await loadPrivateKey(privateKeyFile));
  await placeOnce(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { publicKeyFile, privateKeyFile };
}

/** Throws TwinreelError `journal-key-unusable` when the file is not an RSA public key of at least 3072 bits. */
export function loadPublicKey(file: string): Promise<KeyObject> {
  return load(file, createPublicKey);
}

/** Throws TwinreelError `journal-key-unusable` when the file is not an RSA private key of at least 3072 bits. */
export function loadPrivateKey(file: string): Promise<KeyObject> {
  return load(file, createPrivateKey);
}

async function load(file: string, read: (pem: Buffer) => KeyObject): Promise<KeyObject> {
  try {
    const key = read(await readFile(file));
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key.asymmetricKeyType === 'rsa' && bits >= modulusLength) return key;
    throw new Error(`it holds ${key.asymmetricKeyType} of ${bits} bits, RSA of at least ${modulusLength} is needed`);
  } catch (error) {
    throw new TwinreelError('journal-key-unusable', `${file} is no key for the journal: ${messageOf(error)}`, { file });
  }
}

// A hard link appears whole or not at all, and never replaces what another process placed first.
async function placeOnce(file: string, content: string | Buffer): Promise<void> {
  const temporary = `${file}.${systemRandom.uuid()}`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  try {
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary);
  }
  // A key whose name a power cut takes away takes along everything that was sealed for it.
  await systemFiles.syncFolder(dirname(file));
  await systemFiles.syncFolder(dirname(dirname(file)));
}
