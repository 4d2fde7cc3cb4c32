// The outbox of a process in a thread of its own: what is written to its journal and said to Redis never keeps an event from being heard.
// A thread that ends by itself is a failure of its process: the next one tells what this one had not told.

import { Worker } from 'node:worker_threads';
import { type Code, codes, messageOf, TwinreelError } from '#src/errors';
import type { WrittenFact } from './fact.schema.ts';
import type { FromOutbox, OutboxStanding, OutboxThreadOptions, ToOutbox } from './outbox-thread.protocol.ts';

const threadModule = new URL('../processes/outbox.js', import.meta.url);

export interface OutboxThreadSurroundings {
  readonly log: Record<'warn' | 'error', (fields: object, text: string) => void>;
  readonly onFailure: (why: string) => void;
  /** The compiled program of the thread, for tests. */
  readonly module?: URL | string | undefined;
}

interface Posted {
  readonly facts: number;
  readonly kept: () => void;
}

export class OutboxThread {
  readonly #surroundings: OutboxThreadSurroundings;
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  /** What the thread has not kept yet, in the order in which it was told. */
  readonly #posted: Posted[] = [];
  #standing: OutboxStanding | undefined;
  #phase: 'opening' | 'running' | 'closing' = 'opening';

  /** Reads what earlier processes had to tell, and goes on telling it. Rejects when its journal cannot be written. */
  static async open(options: OutboxThreadOptions, surroundings: OutboxThreadSurroundings): Promise<OutboxThread> {
    let thread: OutboxThread | undefined;
    await new Promise<void>((resolve, reject) => {
      thread = new OutboxThread(options, surroundings, resolve, reject);
    });
    return thread!;
  }

  private constructor(
    options: OutboxThreadOptions,
    surroundings: OutboxThreadSurroundings,
    opened: () => void,
    refused: (error: Error) => void,
  ) {
    this.#surroundings = surroundings;
    this.#thread = new Worker(surroundings.module ?? threadModule, { workerData: options, execArgv: [] });
    let why = new Error('it was ended');
    this.#thread.on('message', (said: FromOutbox) => {
      if (said.type === 'failed') why = failure(said);
      else this.#take(said);
      if (this.#phase !== 'opening' || said.type !== 'standing') return;
      this.#phase = 'running';
      opened();
    });
    this.#thread.on('error', (error) => {
      why = error;
    });
    this.#ended = new Promise((resolve) => {
      this.#thread.on('exit', () => {
        if (this.#phase === 'opening') refused(why);
        else if (this.#phase === 'running') surroundings.onFailure(`the outbox ended: ${messageOf(why)}`);
        resolve();
      });
    });
  }

  /** How many facts Redis is not known to have. */
  get untold(): number {
    return this.#posted.reduce((sum, { facts }) => sum + facts, this.#standing!.untold);
  }

  /** As those of an outbox; those of a moment ago. */
  get heads(): OutboxStanding['heads'] {
    return this.#standing!.heads;
  }

  /** Calls `kept` when kill -9 can no longer take the facts; they are told as soon as Redis takes them. */
  tellWritten(facts: readonly WrittenFact[], kept: () => void): void {
    this.#posted.push({ facts: facts.length, kept });
    this.#say({ type: 'tell', facts });
  }

  compact(): void {
    this.#say({ type: 'compact' });
  }

  /** Resolves when all that was told is kept, and the thread has ended. */
  async close(): Promise<void> {
    this.#phase = 'closing';
    this.#say({ type: 'close' });
    await this.#ended;
  }

  #say(value: ToOutbox): void {
    this.#thread.postMessage(value);
  }

  #take(said: Exclude<FromOutbox, { type: 'failed' }>): void {
    if (said.type === 'log') {
      this.#surroundings.log[said.level](said.fields, said.text);
      return;
    }
    this.#standing = said.standing;
    if (said.type === 'kept') this.#posted.shift()?.kept();
  }
}

function failure({ code, message }: FromOutbox & { type: 'failed' }): Error {
  return code !== undefined && code in codes ? new TwinreelError(code as Code, message) : new Error(message);
}
