// The sealed packets of a finished recording, a block at a time.

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, TwinreelError } from '#src/errors';
import { type JournalRecord, SegmentReader } from '#src/journal';
import { destroyedFile } from './destroy.io.ts';
import type { StoredRecording } from './store.io.ts';

/**
 * RTP and RTCP in the order in which capture wrote them; `stream` counts the streams of the manifest from 1. The bytes of a record are
 * only good until the next block is asked for. One of the keys opens it: those of all nodes, where it is not known whose it is.
 * @throws TwinreelError `recording-destroyed`, `journal-key-unusable`, `journal-unreadable`.
 */
export async function* readPackets(
  { folder, manifest }: StoredRecording,
  privateKeys: readonly KeyObject[],
): AsyncGenerator<readonly JournalRecord[]> {
  if (existsSync(join(folder, destroyedFile))) {
    const message = `the media of this recording was destroyed, ${destroyedFile} in its folder says by whom; its metadata is kept`;
    throw new TwinreelError('recording-destroyed', message, { folder });
  }
  const reader = await openWithOneOf(join(folder, manifest.facts.copies[0]!.file), privateKeys);
  try {
    for (let block = await reader.next(); block; block = await reader.next()) {
      yield block.records.filter((record) => record.kind !== 'fact');
    }
  } finally {
    await reader.close();
  }
}

async function openWithOneOf(path: string, [privateKey, ...others]: readonly KeyObject[]): Promise<SegmentReader> {
  if (!privateKey) throw new TwinreelError('journal-key-unusable', `none of the keys here opens ${path}`, { path });
  try {
    return await SegmentReader.open(path, { privateKey });
  } catch (error) {
    if (codeOf(error) !== 'journal-key-unusable') throw error;
    return openWithOneOf(path, others);
  }
}
