// One child of the keeper: forked, and forked again at once when it ends without having been told to. Restarting never
// gives up: the node has no purpose without its children.

import { type ChildProcess, fork, type SendHandle } from 'node:child_process';
import { type Clock, systemClock, type Timer } from '#src/ports';
import type { ChildMessage, KeeperMessage } from './keeper.protocol.ts';

export interface ChildOptions {
  readonly name: string;
  /** Compiled entry point. */
  readonly module: string;
  /** Given to the child in TWINREEL_OPTIONS. */
  readonly options: unknown;
  /** Switches of Node. */
  readonly switches?: readonly string[];
  readonly onMessage: (message: ChildMessage) => void;
  readonly onExit: (end: ChildEnd) => void;
  readonly clock?: Clock;
}

export interface ChildEnd {
  readonly pid: number | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** 0 after a life that was long enough; grows with each short one, up to half a second. */
  readonly restartInMs: number;
}

const shortLifeMs = 1_000;
const restartStepMs = 50;
const restartMsMax = 500;
const stopMsMax = 5_000;

export class Child {
  restarts = 0;
  readonly #options: ChildOptions;
  readonly #clock: Clock;
  #phase: 'running' | 'stopping' = 'running';
  #process: ChildProcess;
  #startedAtMs = 0;
  #shortLives = 0;
  #restart: Timer | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#process = this.#fork();
  }

  get pid(): number | undefined {
    return this.#process.exitCode === null && this.#process.signalCode === null ? this.#process.pid : undefined;
  }

  /** Sends to the present process. What cannot be delivered is for nobody: a successor is told everything anew. */
  send(message: KeeperMessage, handle?: SendHandle): void {
    if (this.#process.connected) this.#process.send(message, handle, { keepOpen: true }, () => {});
  }

  /** Asks it to end, and ends it when it does not within 5 s. */
  async stop(): Promise<void> {
    this.#phase = 'stopping';
    this.#restart?.cancel();
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    this.send({ type: 'stop' });
    const patience = this.#clock.after(stopMsMax, () => child.kill('SIGKILL'));
    await exited;
    patience.cancel();
  }

  #fork(): ChildProcess {
    this.#startedAtMs = this.#clock.monotonicMs();
    const env = { ...process.env, TWINREEL_OPTIONS: JSON.stringify(this.#options.options) };
    const execArgv = [...process.execArgv, ...(this.#options.switches ?? [])];
    const child = fork(this.#options.module, [], { env, execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.on('message', (message) => {
      if (child !== this.#process) return;
      for (const one of message as readonly ChildMessage[]) this.#options.onMessage(one);
    });
    child.on('error', () => {}); // a failed fork or kill also ends in 'exit', or shows in a missing pid
    child.once('exit', (code, signal) => this.#ended(child.pid, code, signal));
    return child;
  }

  #ended(pid: number | undefined, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#phase === 'stopping') return;
    const livedMs = this.#clock.monotonicMs() - this.#startedAtMs;
    this.#shortLives = livedMs < shortLifeMs ? this.#shortLives + 1 : 0;
    const restartInMs = Math.min(restartMsMax, this.#shortLives * restartStepMs);
    this.restarts += 1;
    this.#options.onExit({ pid, code, signal, restartInMs });
    const restart = () => {
      this.#process = this.#fork();
    };
    if (restartInMs === 0) restart();
    else this.#restart = this.#clock.after(restartInMs, restart);
  }
}
