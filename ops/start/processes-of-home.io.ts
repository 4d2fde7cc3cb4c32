// Which processes of this machine belong to a pm2 home: pm2 itself and all that it or its processes started. Found also when
// pm2 was killed and nobody manages them any more: by their environment, or by the pid files that pm2 leaves, since some
// programs (redis-server) write over their environment.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#src/ports';

export interface ProcessOfHome {
  readonly pid: number;
  /** Name of the app in ecosystem.config.js, which its children have too; '' for pm2 itself. */
  readonly name: string;
  /** Process that started it. */
  readonly parent: number;
}

/** The processes of `home`, but not the one that asks. Those of other users are not seen. */
export async function processesOfHome(home: string): Promise<ProcessOfHome[]> {
  const managed = await pidFiles(home);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => look(pid, home, managed)));
  return found.filter((one) => one !== undefined);
}

/** Whether this process runs: one that has ended, though nobody has fetched its end yet, does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    return (await statOf(pid)).state !== 'Z';
  } catch {
    return false;
  }
}

/** The process of an app that pm2 manages, or did when it was killed. */
export async function managedProcess(home: string, name: string): Promise<number | undefined> {
  for (const [pid, file] of await pidFiles(home)) if (file.name === name && (await isNoYounger(pid, file))) return pid;
  return undefined;
}

interface PidFile {
  readonly name: string;
  readonly writtenMs: number;
}

async function look(
  pid: number,
  home: string,
  managed: ReadonlyMap<number, PidFile>,
): Promise<ProcessOfHome | undefined> {
  try {
    const { parent } = await statOf(pid);
    const file = managed.get(pid);
    if (file && (await isNoYounger(pid, file))) return { pid, name: file.name, parent };
    const variables = (await readFile(join('/proc', String(pid), 'environ'), 'utf8')).split('\0');
    if (!variables.includes(`PM2_HOME=${home}`)) return undefined;
    const isApp = variables.some((one) => one.startsWith('pm_exec_path='));
    const name = isApp ? (variables.find((one) => one.startsWith('name='))?.slice(5) ?? '') : '';
    return { pid, name, parent };
  } catch {
    return undefined; // it has ended, or belongs to somebody else
  }
}

/** `<home>/pids/<name>-<number>.pid`, written when pm2 has started a process. */
async function pidFiles(home: string): Promise<ReadonlyMap<number, PidFile>> {
  const folder = join(home, 'pids');
  const files = await readdir(folder).catch(() => []);
  const read = files.map(async (file): Promise<[number, PidFile][]> => {
    const name = /^(.+)-\d+\.pid$/.exec(file)?.[1];
    if (name === undefined) return [];
    try {
      const path = join(folder, file);
      const pid = Number(await readFile(path, 'utf8'));
      return Number.isInteger(pid) && pid > 1 ? [[pid, { name, writtenMs: (await stat(path)).mtimeMs }]] : [];
    } catch {
      return []; // pm2 has just removed it
    }
  });
  return new Map((await Promise.all(read)).flat());
}

/** A process that is younger than the file that names it only has the same number. */
async function isNoYounger(pid: number, { writtenMs }: PidFile): Promise<boolean> {
  try {
    const { startedTicks } = await statOf(pid);
    const uptimeSeconds = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
    const ageMs = (uptimeSeconds - startedTicks / ticksPerSecond) * 1000;
    return systemClock.nowMs() - ageMs <= writtenMs + toleranceMs;
  } catch {
    return false;
  }
}

/** USER_HZ, which Linux has at 100 on every machine Node runs on. */
const ticksPerSecond = 100;
const toleranceMs = 1_000;

/** Fields 3, 4 and 22 of /proc/<pid>/stat; the program's name before them stands in brackets and may hold anything. */
async function statOf(pid: number): Promise<{ state: string; parent: number; startedTicks: number }> {
  const text = await readFile(join('/proc', String(pid), 'stat'), 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parent: Number(fields[1]), startedTicks: Number(fields[19]) };
}
