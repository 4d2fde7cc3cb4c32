// The finished recordings of a node: folders by day and take, each with its manifest. Reads only; finishing puts them there.

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TwinreelError } from '#src/errors';
import { type Manifest, manifestSchema } from './manifest.schema.ts';

/** A recording in its folder. */
export interface StoredRecording {
  readonly folder: string;
  readonly manifest: Manifest;
}

export const manifestFile = 'manifest.json';
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

/** The folder of a take: by the UTC day on which it began. */
export function folderOf(recordingsDir: string, take: string, startedMs: number): string {
  return join(recordingsDir, new Date(startedMs).toISOString().slice(0, 10), take);
}

/** The folder of a finished take, whatever day it is of; undefined when there is none. */
export async function takeFolder(recordingsDir: string, take: string): Promise<string | undefined> {
  // A name that leads elsewhere is no take.
  if (!/^[\w-]+$/.test(take)) return undefined;
  for (const day of (await names(recordingsDir)).filter((name) => dayPattern.test(name)).reverse()) {
    const folder = join(recordingsDir, day, take);
    if (await stat(join(folder, manifestFile)).catch(() => undefined)) return folder;
  }
  return undefined;
}

/** All recordings, oldest first. A folder whose manifest cannot be read is passed to `onDamaged` and left out. */
export async function* listRecordings(
  recordingsDir: string,
  onDamaged: (folder: string, error: unknown) => void,
): AsyncGenerator<StoredRecording> {
  for (const day of (await names(recordingsDir)).filter((name) => dayPattern.test(name))) {
    const stored = [];
    for (const take of await names(join(recordingsDir, day))) {
      const folder = join(recordingsDir, day, take);
      try {
        stored.push(await readRecording(folder));
      } catch (error) {
        onDamaged(folder, error);
      }
    }
    yield* stored.sort((a, b) => a.manifest.facts.startedMs - b.manifest.facts.startedMs);
  }
}

/**
 * The recordings that `id` names: a take, the start of one (4 characters at least), or a recording id.
 * @throws TwinreelError `recording-unknown` when there is none.
 */
export async function findRecordings(recordingsDir: string, id: string): Promise<StoredRecording[]> {
  const found: StoredRecording[] = [];
  for await (const one of listRecordings(recordingsDir, () => {})) {
    const { take, recordingId } = one.manifest.facts;
    if (recordingId === id || take === id || (id.length >= 4 && take.startsWith(id))) found.push(one);
  }
  if (found.length === 0) {
    throw new TwinreelError(
      'recording-unknown',
      `no recording '${id}' below ${recordingsDir}; see: twinreel recordings list`,
      { id },
    );
  }
  return found;
}

/** The recording in a folder. Rejects when its manifest cannot be read. */
export async function readRecording(folder: string): Promise<StoredRecording> {
  const text = await readFile(join(folder, manifestFile), 'utf8');
  return { folder, manifest: manifestSchema.parse(JSON.parse(text)) };
}

/** SHA-256 of the manifest of a finished recording as it lies in its folder, in hex. */
export async function manifestDigest(folder: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, manifestFile)))
    .digest('hex');
}

/** Sorted names in a folder; none when there is no such folder. */
async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
