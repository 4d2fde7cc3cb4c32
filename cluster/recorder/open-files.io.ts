// Whether this process may open as many files as its streams need. Said at start, not when the last call fails.

import { readFile } from 'node:fs/promises';
import { TwinreelError } from '#src/errors';

/** Two sockets a pair in capture, and room for journals, connections and recordings being finished. */
export function filesNeeded(pairs: number): number {
  return 2 * pairs + 256;
}

/** `pairs` of RTP sockets: those of streams, and those kept ready. Throws `open-files-too-few` when the limit of this process is lower; the message names the fix. */
export async function checkOpenFiles(pairs: number, limits = '/proc/self/limits'): Promise<void> {
  const text = await readFile(limits, 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  const needed = filesNeeded(pairs);
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= needed) return;
  const fix = `raise it (ulimit -n ${needed}, or LimitNOFILE=${needed} in the service) or lower recorder.streamsMax or capture.readyPairs`;
  const message = `${soft} open files are allowed, ${pairs} pairs of RTP sockets need ${needed}: ${fix}`;
  throw new TwinreelError('open-files-too-few', message, { allowed: Number(soft), needed });
}
