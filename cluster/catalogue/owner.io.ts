// One process owns the folder of the embedded engine, which itself would let a second one in and be damaged by it: a lock file beside
// the folder tells who. The lock of a process that is no more is taken over.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { TwinreelError } from '#src/errors';

/** A process by its number and its beginning: numbers are used again. */
interface Owner {
  readonly pid: number;
  readonly begun: string;
}

export interface Ownership {
  release(): void;
}

/** Takes `folder` for this process. Throws `catalogue-owned` while another process, or this one, has it. */
export function own(folder: string): Ownership {
  const lock = `${folder}.lock`;
  const mine = `${lock}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(mine, JSON.stringify({ pid: process.pid, begun: beginningOf(process.pid) ?? '' } satisfies Owner));
  try {
    takeLock(lock, mine);
  } finally {
    rmSync(mine, { force: true });
  }
  return { release: () => rmSync(lock, { force: true }) };
}

/** The process that has the folder, or undefined. */
export function ownerOf(folder: string): number | undefined {
  const owner = read(`${folder}.lock`);
  return owner && lives(owner) ? owner.pid : undefined;
}

/** A link is there whole or not at all, and not twice: of two processes that try, one succeeds. */
function takeLock(lock: string, mine: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      linkSync(mine, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = read(lock);
    if ((owner && lives(owner)) || attempt === 3) {
      const who = owner ? `process ${owner.pid}` : 'another process';
      throw new TwinreelError('catalogue-owned', `${lock}: ${who} has this catalogue; ask it, or stop it first`);
    }
    setAside(lock, `${mine}.stale`, owner);
  }
}

/** If another process was faster, it is that one's lock which was moved: it goes back. */
function setAside(lock: string, stale: string, judged: Owner | undefined): void {
  try {
    renameSync(lock, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = read(stale);
  if (moved && (moved.pid !== judged?.pid || moved.begun !== judged.begun)) linkSync(stale, lock);
  rmSync(stale);
}

function read(lock: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function lives({ pid, begun }: Owner): boolean {
  const now = beginningOf(pid);
  return now !== undefined && (now === begun || now === '' || begun === '');
}

/** Clock ticks from boot to the beginning of the process, field 22 of proc(5); empty where the system does not tell. */
function beginningOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as somebody else's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
