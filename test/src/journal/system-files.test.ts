// The same journal on the real file system, with its keys as files.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deleteSegment,
  ensureKeyPair,
  inspectJournal,
  Journal,
  loadPrivateKey,
  loadPublicKey,
  readStreams,
  systemFiles,
} from '#src/journal';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twinreel-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('journal on disk', () => {
  it('R-REC-5: writes with the public key alone, reads back with the private one, deletes', async () => {
    const files = await ensureKeyPair(join(folder, 'keys'));
    const publicKey = await loadPublicKey(files.publicKeyFile);
    const path = join(folder, 'journal');
    const onSegment = () => journal.fact(1, { fact: 'stream-opened', stream: 'dialog' });
    const journal = new Journal({ folder: path, writer: 'edge', publicKey, segmentBytesMax: 65_536, onSegment });
    onSegment();
    for (let count = 0; count < 1_000; count += 1) {
      journal.append('rtp', 1, count, Buffer.alloc(200, count));
      if (count % 50 === 0) await journal.durable();
    }
    await journal.close();
    expect(await inspectJournal(path)).toMatchObject({ intact: true });
    const privateKey = await loadPrivateKey(files.privateKeyFile);
    let packets = 0;
    for await (const batch of readStreams({ folder: path, writer: 'edge', privateKey, streams: new Set(['dialog']) })) {
      packets += batch.filter(({ kind }) => kind === 'rtp').length;
    }
    expect(packets).toBe(1_000);
    const segments = systemFiles.list(path);
    expect(segments.length).toBeGreaterThan(2);
    for (const name of segments) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
    for (const name of segments) await deleteSegment(path, name);
    expect(systemFiles.list(path)).toEqual([]);
  });

  it('R-REC-5: the space of a segment is reserved ahead and given back at its end', async () => {
    const { publicKeyFile } = await ensureKeyPair(folder);
    const path = join(folder, 'journal');
    const publicKey = await loadPublicKey(publicKeyFile);
    const journal = new Journal({ folder: path, writer: 'edge', publicKey, segmentBytesMax: 2 ** 20 });
    journal.fact(0, 'one');
    await journal.durable();
    const inspection = await inspectJournal(path);
    expect(inspection).toMatchObject({ intact: true, segments: [{ report: { reason: 'open', blocksKept: 1 } }] });
    await journal.close();
    expect(statSync(join(path, systemFiles.list(path)[0]!)).size).toBeLessThan(4_096);
  });

  it('R-REC-5: a key pair is made once, readable by its owner only', async () => {
    const [first, second] = await Promise.all([ensureKeyPair(folder), ensureKeyPair(folder)]);
    expect(first).toEqual(second);
    const publicKey = await loadPublicKey(first.publicKeyFile);
    const privateKey = await loadPrivateKey(first.privateKeyFile);
    expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(privateKey.type).toBe('private');
    for (const file of Object.values(first)) expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(loadPrivateKey(first.publicKeyFile)).rejects.toMatchObject({ code: 'journal-key-unusable' });
  });
});
