// Whether this process may open as many files as its streams need. Said at start, not when the last call fails.

import { readFile } from 'node:fs/promises';
import { TwinreelError } from '#src/errors';

/** Two sockets a stream in capture, and room for journals, connections and recordings being finished. */
export function filesNeeded(streamsMax: number): number {
  return 2 * streamsMax + 256;
}

/** Throws `open-files-too-few` when the limit of this process is lower; the message names the fix. */
export async function checkOpenFiles(streamsMax: number, limits = '/proc/self/limits'): Promise<void> {
  const text = await readFile(limits, 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  const needed = filesNeeded(streamsMax);
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= needed) return;
  const fix = `raise it (ulimit -n ${needed}, or LimitNOFILE=${needed} in the service) or lower recorder.streamsMax`;
  const message = `${soft} open files are allowed, ${streamsMax} streams need ${needed}: ${fix}`;
  throw new TwinreelError('open-files-too-few', message, { allowed: Number(soft), needed });
}
