// pm2 as a program that is called, never a library that is imported. It has its own home below the data folder, so nothing
// of ours meets what else pm2 runs on this machine.

import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The project's root, seen from dist/ops/start. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const pm2 = join(root, 'node_modules', '.bin', 'pm2');

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly status: string;
}

export class ProcessManager {
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;

  /** `home` is pm2's own folder; `env` goes to the processes. */
  constructor(home: string, env: NodeJS.ProcessEnv) {
    this.#home = home;
    this.#env = { ...process.env, ...env, PM2_HOME: home, PM2_DISCRETE_MODE: 'true', NO_COLOR: '1' };
  }

  /** Starts everything in the ecosystem file; resolves when every process has said that it is ready. */
  async start(): Promise<void> {
    await this.#call('start', join(root, 'ecosystem.config.js'));
  }

  /** What runs; an empty list when pm2 itself does not. */
  async list(): Promise<ManagedProcess[]> {
    if (!(await this.#isUp())) return [];
    const { stdout } = await this.#call('jlist');
    const entries = JSON.parse(stdout.slice(stdout.indexOf('['))) as {
      name: string;
      pid: number;
      pm2_env: { status: string };
    }[];
    return entries.map(({ name, pid, pm2_env }) => ({ name, pid, status: pm2_env.status }));
  }

  /** Stops every process and pm2 itself. */
  async stop(): Promise<void> {
    if (await this.#isUp()) await this.#call('kill');
    await rm(join(this.#home, 'pm2.pid'), { force: true });
  }

  // `pm2 jlist` would start a daemon just to ask it; its pid file tells whether there is one.
  async #isUp(): Promise<boolean> {
    const text = await readFile(join(this.#home, 'pm2.pid'), 'utf8').catch(() => '');
    const pid = Number(text.trim());
    if (!Number.isInteger(pid) || pid <= 1) return false;
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  #call(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    return run(pm2, words, { env: this.#env, cwd: root, maxBuffer: 16 * 2 ** 20 });
  }
}
