// Finishing in a thread of its own: what it reads, seals and waits for never keeps the recorder from answering a call. A
// thread that ends takes nothing with it but its batch, which is refused; the next batch gets another thread.

import { Worker } from 'node:worker_threads';
import { type Code, codes, messageOf, TwinreelError } from '#src/errors';
import type { FinishedRecording } from './finished-recording.ts';
import type { Batch, BatchEnd, FinishingThreadOptions } from './finishing-thread.protocol.ts';

const threadModule = new URL('../processes/finisher.js', import.meta.url);

interface InHand {
  readonly resolve: (recordings: readonly FinishedRecording[]) => void;
  readonly reject: (error: Error) => void;
}

export class FinishingThread {
  readonly #options: FinishingThreadOptions;
  readonly #module: URL | string;
  #thread: Worker | undefined;
  #inHand: InHand | undefined;

  /** `module`: the compiled program of the thread, for tests. */
  constructor(options: FinishingThreadOptions, module: URL | string = threadModule) {
    this.#options = options;
    this.#module = module;
    this.#thread = this.#start();
  }

  /** Finishes a batch. Rejects with what finishing it failed with, or with `finishing-ended`. */
  finish(takes: Batch): Promise<readonly FinishedRecording[]> {
    if (this.#inHand) throw new Error('the finishing thread has a batch in hand');
    this.#thread ??= this.#start();
    const thread = this.#thread;
    return new Promise((resolve, reject) => {
      this.#inHand = { resolve, reject };
      thread.postMessage(takes satisfies Batch);
    });
  }

  /** Ends the thread; a batch in hand is refused. */
  async stop(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(this.#module, { workerData: this.#options, execArgv: [] });
    let why = 'it was ended';
    thread.on('message', (end: BatchEnd) => {
      const inHand = this.#take();
      if (end.type === 'finished') inHand?.resolve(end.recordings);
      else inHand?.reject(failure(end));
    });
    thread.on('error', (error) => {
      why = messageOf(error);
    });
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
      this.#take()?.reject(new TwinreelError('finishing-ended', `the finishing thread ended: ${why}`));
    });
    return thread;
  }

  #take(): InHand | undefined {
    const inHand = this.#inHand;
    this.#inHand = undefined;
    return inHand;
  }
}

function failure({ code, message }: BatchEnd & { type: 'failed' }): Error {
  return code !== undefined && code in codes ? new TwinreelError(code as Code, message) : new Error(message);
}
