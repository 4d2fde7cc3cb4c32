// The last good copy of a directory on disk, so that a start without a configuration server knows what the last one knew. One
// object a line, between a first line that says what it is and a last one that says it is whole; replaced by a rename.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, TwinreelError } from '#src/errors';
import { systemFiles } from '#src/journal';
import { Directory } from './directory.ts';
import { parseObject } from './objects.schema.ts';

const title = { twinreel: 'directory', version: 1 } as const;
/** Lines written at a time, so that a process with calls to attend is not held up. */
const linesAtOnce = 500;

/**
 * Reads a copy; undefined when there is none. Rejects with TwinreelError `directory-cache-unreadable` when it cannot be read or is
 * not whole.
 */
export async function loadDirectory(path: string): Promise<Directory | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unreadable(path, messageOf(error));
  });
  if (text === undefined) return undefined;
  const [first, ...lines] = text.trimEnd().split('\n');
  const last = lines.pop();
  if (first !== JSON.stringify(title)) throw unreadable(path, 'its first line is not that of a directory');
  if (last !== JSON.stringify({ count: lines.length })) throw unreadable(path, 'it is not whole');
  const directory = new Directory();
  for (const line of lines) {
    const { kind, object } = JSON.parse(line) as { kind: string; object: unknown };
    const parsed = parseObject(kind, object);
    if (!('malformed' in parsed)) directory.put(parsed); // of a version that allowed more
  }
  return directory;
}

/** Writes a copy; the one before stays whole until this one is. Rejects with the system's error. */
export async function saveDirectory(path: string, directory: Directory): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const objects = directory.objects();
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.write(`${JSON.stringify(title)}\n`);
    for (let at = 0; at < objects.length; at += linesAtOnce) {
      const lines = objects.slice(at, at + linesAtOnce).map((one) => JSON.stringify(one));
      await file.write(`${lines.join('\n')}\n`);
    }
    await file.write(`${JSON.stringify({ count: objects.length })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await systemFiles.syncFolder(dirname(path));
}

function unreadable(path: string, why: string): TwinreelError {
  return new TwinreelError('directory-cache-unreadable', `the copy of the directory in ${path} is not used: ${why}`, {
    path,
  });
}
