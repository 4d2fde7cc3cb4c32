// pm2 as a program that is called, never a library that is imported. It has its own home below the data folder, so nothing
// of ours meets what else pm2 runs on this machine.

import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '#src/errors';
import { systemClock } from '#src/ports';
import { isRunning, processesOfHome } from './processes-of-home.io.ts';

const run = promisify(execFile);
/** The project's root, seen from here or from dist/ops/start. */
export const root = fileURLToPath(new URL('../..', import.meta.url.replace('/dist/ops/', '/ops/')));
const pm2 = join(root, 'node_modules', '.bin', 'pm2');
const lookMs = 500;
/** As long as a process may take to end in the ecosystem file. */
const endMsMax = 15_000;

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly status: string;
}

export class ProcessManager {
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;
  /** One command at a time: each would start a pm2 of its own where it finds none that listens yet. */
  #last: Promise<unknown> = Promise.resolve();
  /**
   * The pm2 that everything was given to. Another one manages nothing: a command that finds its pm2 just killed starts one in passing.
   */
  #startedPid: number | undefined;

  /** `home` is pm2's own folder; `env` goes to the processes. */
  constructor(home: string, env: NodeJS.ProcessEnv) {
    this.#home = home;
    this.#env = { ...process.env, ...env, PM2_HOME: home, PM2_DISCRETE_MODE: 'true', NO_COLOR: '1' };
  }

  /**
   * Starts everything in the ecosystem file; resolves when every process has said that it is ready. What a pm2 of this home
   * that was killed has left running is taken over: all but the keeper end in good order first, the keeper is attended.
   */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#endLeftOver();
      await this.#call('start', join(root, 'ecosystem.config.js'));
      this.#startedPid = await this.#pid();
    });
  }

  /** Starts everything again whenever the pm2 that it was given to is gone, until the signal; says so each time. */
  async keepUp(signal: AbortSignal, say: (text: string) => void): Promise<void> {
    while (!signal.aborted) {
      const pid = await this.#pid();
      if (pid === undefined || pid !== this.#startedPid) {
        say('the process manager is gone; starting another one');
        await this.start().then(
          () => say('everything is managed again'),
          (error: unknown) => say(`it did not start, tried again: ${messageOf(error)}`),
        );
      }
      await pause(lookMs, signal);
    }
  }

  /** What runs; an empty list when pm2 itself does not. */
  list(): Promise<ManagedProcess[]> {
    return this.#inTurn(async () => {
      if (!(await this.#isUp())) return [];
      const { stdout } = await this.#call('jlist');
      const entries = JSON.parse(stdout.slice(stdout.indexOf('['))) as {
        name: string;
        pid: number;
        pm2_env: { status: string };
      }[];
      return entries.map(({ name, pid, pm2_env }) => ({ name, pid, status: pm2_env.status }));
    });
  }

  /**
   * Replaces processes, all or those named, one after the other, by the programs that lie on the disk now. The keeper is not
   * restarted, which would close its sockets: it is told to leave them to an heir. Resolves before that one is up.
   */
  async reload(names?: readonly string[]): Promise<void> {
    const running = (await this.list()).map(({ name }) => name);
    for (const name of running.filter((one) => names?.includes(one) ?? true)) {
      await this.#inTurn(() => this.#call(...(name === 'keeper' ? ['sendSignal', 'SIGHUP', name] : ['restart', name])));
    }
  }

  /** Stops every process and pm2 itself. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      if (await this.#isUp()) await this.#call('kill');
      await rm(join(this.#home, 'pm2.pid'), { force: true });
    });
  }

  #inTurn<Result>(command: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(command);
    this.#last = result.catch(() => {});
    return result;
  }

  /** What no pm2 manages: its parent is none of this home. */
  async #endLeftOver(): Promise<void> {
    const all = await processesOfHome(this.#home);
    const left = all.filter(({ name, parent }) => name !== '' && !all.some(({ pid }) => pid === parent));
    await Promise.all(left.filter(({ name }) => name !== 'keeper').map(({ pid }) => endProcess(pid)));
  }

  // `pm2 jlist` would start a daemon just to ask it; its pid file tells whether there is one.
  async #isUp(): Promise<boolean> {
    return (await this.#pid()) !== undefined;
  }

  async #pid(): Promise<number | undefined> {
    const text = await readFile(join(this.#home, 'pm2.pid'), 'utf8').catch(() => '');
    const pid = Number(text.trim());
    return Number.isInteger(pid) && pid > 1 && (await isRunning(pid)) ? pid : undefined;
  }

  #call(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    return run(pm2, words, { env: this.#env, cwd: root, maxBuffer: 16 * 2 ** 20 });
  }
}

/** Asks a process that is not our child to end, and makes it when it does not. */
async function endProcess(pid: number): Promise<void> {
  const untilMs = systemClock.monotonicMs() + endMsMax;
  signalTo(pid, 'SIGTERM');
  while (await isRunning(pid)) {
    if (systemClock.monotonicMs() > untilMs) signalTo(pid, 'SIGKILL');
    await pause(20);
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.after(ms, done);
    signal?.addEventListener('abort', done);
    function done(): void {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
