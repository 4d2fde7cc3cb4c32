// The authority of a cluster: a key that certifies its nodes, on the machine of whoever founded it. Certificates are written by
// openssl; private keys of nodes are made where they stay.

import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Identity, identityFiles } from '#cluster/links';
import { messageOf, TwinreelError } from '#src/errors';
import { systemFiles } from '#src/journal';

const authorityDays = 3_650;
/** As long as keys may be used at the most. */
const nodeDays = 365;

/** Makes the authority. Throws `cluster-founded` when there is one, `openssl-failed`. */
export async function foundAuthority(folder: string): Promise<void> {
  if (existsSync(join(folder, 'key.pem')))
    throw new TwinreelError('cluster-founded', `${folder} holds the authority of a cluster already`, { folder });
  const { key } = newKey();
  const settings = `[req]
distinguished_name=name
x509_extensions=authority
[name]
[authority]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign
`;
  const made = await openssl({ key, settings }, (file) => [
    ...['req', '-x509', '-new', '-key', file('key'), '-subj', '/CN=twinreel cluster'],
    ...['-days', `${authorityDays}`, '-config', file('settings')],
  ]);
  await writePrivately(folder, { 'certificate.pem': made, 'key.pem': key });
}

/** A certificate, PEM, for the node whose public key (PEM) this is. Throws `cluster-not-founded`, `openssl-failed`. */
export async function certify(folder: string, node: string, publicKey: string): Promise<string> {
  const [key, certificate] = await Promise.all([
    readFile(join(folder, 'key.pem'), 'utf8'),
    readFile(join(folder, 'certificate.pem'), 'utf8'),
  ]).catch(() => {
    throw new TwinreelError('cluster-not-founded', `${folder} holds no authority; begin with: twinreel node found`, {
      folder,
    });
  });
  const extensions = 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n';
  return openssl({ key, certificate, publicKey, extensions }, (file) => [
    ...['x509', '-new', '-force_pubkey', file('publicKey'), '-subj', `/CN=${node}`, '-days', `${nodeDays}`],
    ...['-CA', file('certificate'), '-CAkey', file('key'), '-extfile', file('extensions')],
    ...['-set_serial', `0x${randomBytes(16).toString('hex')}`],
  ]);
}

export function authorityCertificate(folder: string): Promise<string> {
  return readFile(join(folder, 'certificate.pem'), 'utf8');
}

/** A key for certificates, and its public half; PEM. */
export function newKey(): { readonly key: string; readonly publicKey: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { key, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString() };
}

/** Durable, and for nobody else to read. The certificate comes last: with it there is an identity. */
export async function keepIdentity(folder: string, { certificate, key, authorities }: Identity): Promise<void> {
  await writePrivately(folder, { [identityFiles.key]: key, [identityFiles.authorities]: authorities });
  await writePrivately(folder, { [identityFiles.certificate]: certificate });
}

async function writePrivately(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), content, { mode: 0o600, flush: true });
  await systemFiles.syncFolder(folder);
}

/** What openssl prints, given files by name: they are gone when it is done. Rejects with `openssl-failed`. */
async function openssl<Name extends string>(
  files: Readonly<Record<Name, string>>,
  args: (file: (name: Name) => string) => readonly string[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'twinreel-authority-'));
  try {
    for (const [name, content] of Object.entries<string>(files))
      await writeFile(join(folder, name), content, { mode: 0o600 });
    const { stdout } = await promisify(execFile)('openssl', [...args((name) => join(folder, name))]);
    return stdout;
  } catch (error) {
    throw new TwinreelError('openssl-failed', `openssl 3 is needed to certify nodes: ${messageOf(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
