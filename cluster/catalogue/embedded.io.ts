// The embedded engine as the catalogue's database: one thread, one connection, one owner. A folder that cannot be opened is set aside
// and begun anew: what it told of conversations is made again from manifests and facts. A thread that dies is started again when it is
// needed next; what was in its hands is asked once more when it only read, and rejects when it may have changed something.

import { existsSync, renameSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import type { Database, EngineAnswer, EngineOrder, EngineThreadOptions, Statement } from './database.protocol.ts';
import { own } from './owner.io.ts';
import { queriesOver } from './session.ts';

const compiledThread = new URL('../processes/catalogue-engine.js', import.meta.url);

export interface EmbeddedOptions {
  /** Absent: in memory, for tests. */
  readonly folder: string | undefined;
  /** For the name of a folder that is set aside. */
  readonly nowMs: number;
  /** The compiled program of the thread, for tests. */
  readonly thread?: URL | string;
}

export interface Embedded {
  readonly database: Database;
  /** Where the folder was put that could not be opened. */
  readonly setAside: string | undefined;
}

/** Rejects with `catalogue-owned` while another process has the folder, with `catalogue-unreachable` when it cannot be begun either. */
export async function openEmbedded({ folder, nowMs, thread = compiledThread }: EmbeddedOptions): Promise<Embedded> {
  const ownership = folder === undefined ? undefined : own(folder);
  try {
    const opened = await open(folder, nowMs, thread);
    // In memory nothing is left of what a thread had.
    const again = folder === undefined ? undefined : () => EngineThread.start({ folder }, thread);
    return { setAside: opened.setAside, database: databaseOn(opened.engine, again, () => ownership?.release()) };
  } catch (error) {
    ownership?.release();
    throw error;
  }
}

async function open(folder: string | undefined, nowMs: number, thread: URL | string) {
  const existed = folder !== undefined && existsSync(folder);
  try {
    return { engine: await EngineThread.start({ folder }, thread), setAside: undefined };
  } catch (error) {
    if (!existed) throw error;
  }
  const setAside = `${folder}.damaged-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`;
  renameSync(folder, setAside);
  return { engine: await EngineThread.start({ folder }, thread), setAside };
}

/** A thread that could not be started again is left in peace for so long: whoever asks is refused. */
const againMsMin = 2_000;

function databaseOn(
  first: EngineThread,
  again: (() => Promise<EngineThread>) | undefined,
  release: () => void,
): Database {
  let engine = first;
  let phase: 'open' | 'closed' = 'open';
  let refusedUntilMs = 0;
  const living = async (): Promise<EngineThread> => {
    if (!engine.isDead || !again || phase === 'closed' || systemClock.monotonicMs() < refusedUntilMs) return engine;
    await engine.close();
    try {
      engine = await again();
    } catch (error) {
      refusedUntilMs = systemClock.monotonicMs() + againMsMin;
      throw error;
    }
    return engine;
  };
  // Whoever has the turn has the one connection: a statement, or a whole transaction.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: (engine: EngineThread) => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => work(await living()));
    turn = mine.catch(() => {});
    return mine;
  };
  return {
    engine: 'embedded',
    queries: queriesOver((statement) =>
      inTurn(async (one) => {
        try {
          return await one.run(statement);
        } catch (error) {
          if (!one.isDead || !reads(statement)) throw error;
          return (await living()).run(statement);
        }
      }),
    ),
    transaction: (work) =>
      inTurn(async (one) => {
        await one.script('begin');
        try {
          const outcome = await work(queriesOver((statement) => one.run(statement)));
          await one.script('commit');
          return outcome;
        } catch (error) {
          await one.script('rollback').catch(() => {});
          throw error;
        }
      }),
    script: (text) => inTurn((one) => one.script(text)),
    close: async () => {
      phase = 'closed';
      await inTurn(async (one) => {
        await one.close();
        release();
      });
    },
  };
}

/** Whether it changes nothing, as far as can be seen: what is not sure to read is not asked twice. */
function reads({ text }: Statement): boolean {
  return /^\s*(select|with)\b/i.test(text) && !/\b(insert|update|delete)\b/i.test(text);
}

interface Waiting {
  readonly resolve: (rows: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
}

class EngineThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #failure: Error | undefined;

  /** Rejects when the engine does not open. */
  static async start(options: EngineThreadOptions, module: URL | string): Promise<EngineThread> {
    const thread = new EngineThread(options, module);
    try {
      await thread.#answerTo(0);
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
    return thread;
  }

  private constructor(options: EngineThreadOptions, module: URL | string) {
    this.#worker = new Worker(module, { workerData: options, execArgv: [] });
    this.#worker.on('message', (answer: EngineAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => {
      this.#failure = unreachable(messageOf(error));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#failure ??= unreachable('its thread ended');
        for (const { reject } of this.#waiting.values()) reject(this.#failure);
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** It answers nothing any more. */
  get isDead(): boolean {
    return this.#failure !== undefined;
  }

  run(statement: Statement): Promise<readonly unknown[]> {
    return this.#order((id) => ({ id, type: 'statement', statement }));
  }

  async script(text: string): Promise<void> {
    await this.#order((id) => ({ id, type: 'script', text }));
  }

  /** Everything is written and the thread has ended; it ends also when the engine cannot close any more. */
  async close(): Promise<void> {
    if (this.#failure) return this.#ended;
    try {
      await this.#order((id) => ({ id, type: 'close' }));
    } catch {
      await this.#worker.terminate();
    }
    await this.#ended;
  }

  #order(orderOf: (id: number) => EngineOrder): Promise<readonly unknown[]> {
    this.#lastId += 1;
    const order = orderOf(this.#lastId);
    const answer = this.#answerTo(order.id);
    this.#worker.postMessage(order);
    return answer;
  }

  #answerTo(id: number): Promise<readonly unknown[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #take(answer: EngineAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'done') waiting?.resolve(answer.rows);
    else waiting?.reject(Object.assign(unreachableOrRefused(answer), { sqlState: answer.sqlState }));
  }
}

function unreachableOrRefused({ message, sqlState }: EngineAnswer & { type: 'failed' }): Error {
  return sqlState === undefined ? unreachable(message) : new Error(message);
}

function unreachable(why: string): TwinreelError {
  return new TwinreelError('catalogue-unreachable', `the embedded catalogue: ${why}`);
}
