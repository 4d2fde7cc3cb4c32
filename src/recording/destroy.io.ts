// Destroys the media of a finished recording and leaves its metadata: keys first, so that what stays on the surface of a disk stays
// sealed for good. Doing it again does what a crash left undone.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TwinreelError } from '#src/errors';
import { deleteSegment, type JournalFiles, systemFiles } from '#src/journal';
import { manifestFile, takeFolder } from './store.io.ts';

/** Stands beside the manifest from before the first file goes. */
export const destroyedFile = 'destroyed.json';

/**
 * Destroys every file of a take but its manifest; says in {@link destroyedFile} who had it done and when. Returns the folder.
 * @throws TwinreelError `recording-unknown` when the take is not among the finished ones
 */
export async function destroyMedia(
  recordingsDir: string,
  take: string,
  { by, atMs }: { readonly by: string; readonly atMs: number },
  files: JournalFiles = systemFiles,
): Promise<string> {
  const folder = await takeFolder(recordingsDir, take);
  if (folder === undefined) {
    throw new TwinreelError('recording-unknown', `no finished recording '${take}' below ${recordingsDir}`, { take });
  }
  const names = await readdir(folder);
  if (!names.includes(destroyedFile)) {
    const note = files.create(join(folder, destroyedFile));
    try {
      note.write([destroyedNote(take, { by, atMs })], 0);
      await note.sync();
    } finally {
      await note.close();
    }
    await files.syncFolder(folder);
  }
  for (const name of names.filter((one) => one !== manifestFile && one !== destroyedFile)) {
    await deleteSegment(folder, name, files);
  }
  return folder;
}

/** What stands in {@link destroyedFile}. */
export function destroyedNote(take: string, { by, atMs }: { readonly by: string; readonly atMs: number }): Buffer {
  return Buffer.from(`${JSON.stringify({ version: 1, take, by, atMs })}\n`);
}

/** Who had it done and when, out of {@link destroyedFile}. @throws SyntaxError when it is no such note. */
export function readDestroyed(bytes: Buffer): { readonly by: string; readonly atMs: number } {
  const { by, atMs } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  return { by: String(by), atMs: Number(atMs) };
}
