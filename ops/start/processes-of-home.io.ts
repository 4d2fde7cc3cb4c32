// Which processes of this machine belong to a pm2 home: pm2 itself and all that it or its processes started. Found by
// their environment, so also when pm2 was killed and nobody manages them any more.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ProcessOfHome {
  readonly pid: number;
  /** Name of the app in ecosystem.config.js, which its children have too; '' for pm2 itself. */
  readonly name: string;
  /** Process that started it; 1 when that one is gone. */
  readonly parent: number;
}

/** The processes of `home`, but not the one that asks. Those of other users are not seen. */
export async function processesOfHome(home: string): Promise<ProcessOfHome[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => look(pid, home)));
  return found.filter((one) => one !== undefined);
}

async function look(pid: number, home: string): Promise<ProcessOfHome | undefined> {
  const folder = join('/proc', String(pid));
  try {
    const variables = (await readFile(join(folder, 'environ'), 'utf8')).split('\0');
    if (!variables.includes(`PM2_HOME=${home}`)) return undefined;
    const isApp = variables.some((one) => one.startsWith('pm_exec_path='));
    const name = isApp ? (variables.find((one) => one.startsWith('name='))?.slice(5) ?? '') : '';
    // Field 4 of stat; the program's name before it stands in brackets and may hold anything.
    const stat = await readFile(join(folder, 'stat'), 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { pid, name, parent };
  } catch {
    return undefined; // it has ended, or belongs to somebody else
  }
}
