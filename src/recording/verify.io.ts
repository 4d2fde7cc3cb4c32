// Holds a finished recording against what its manifest says: size, digest and chain of every file, and who signed it. Needs no key that
// opens packets, and changes nothing.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#src/errors';
import { SegmentReader } from '#src/journal';
import { destroyedFile } from './destroy.io.ts';
import type { Manifest } from './manifest.schema.ts';
import { manifestFile, type StoredRecording } from './store.io.ts';

/** What is wrong with it, in words; nothing, when it is as it was signed. Destroyed media is to be gone. */
export async function verifyRecording(
  { folder, manifest }: StoredRecording,
  signature: (manifest: Manifest) => 'holds' | 'broken' | 'signer-unknown',
): Promise<readonly string[]> {
  const findings: string[] = [];
  if (signature(manifest) === 'broken') findings.push('the signature of its manifest does not hold');
  const names = await readdir(folder);
  if (names.includes(destroyedFile)) {
    const left = names.filter((name) => name !== manifestFile && name !== destroyedFile);
    if (left.length > 0) findings.push(`its media was destroyed, but ${left.join(', ')} is there`);
    return findings;
  }
  const { copies, quarantine } = manifest.facts;
  for (const file of [...copies, ...(quarantine ? [quarantine] : [])])
    findings.push(...(await verifyFile(folder, file)));
  return findings;
}

interface SignedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly chainHead: string;
}

async function verifyFile(folder: string, { file, bytes, sha256, chainHead }: SignedFile): Promise<readonly string[]> {
  try {
    const found = await digestOf(join(folder, file));
    if (found.bytes !== bytes) return [`${file} has ${found.bytes} bytes, signed were ${bytes}`];
    if (found.sha256 !== sha256) return [`${file} is not what was signed (sha256 ${found.sha256})`];
    const chain = await chainOf(join(folder, file));
    if (chain.reason !== 'closed') return [`the chain of ${file} ends early: ${chain.reason}`];
    return chain.head === chainHead ? [] : [`the chain of ${file} ends in ${chain.head}, signed was ${chainHead}`];
  } catch (error) {
    return [`${file} cannot be read: ${messageOf(error)}`];
  }
}

async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Without a key: each block says the digest of the one before. */
async function chainOf(path: string): Promise<{ readonly head: string; readonly reason: string }> {
  const reader = await SegmentReader.open(path);
  try {
    let head = '';
    for (let block = await reader.next(); block; block = await reader.next()) head = block.digest.toString('hex');
    return { head, reason: (await reader.report()).reason };
  } finally {
    await reader.close();
  }
}
