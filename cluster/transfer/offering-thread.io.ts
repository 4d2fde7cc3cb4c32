// A node's recordings are offered in a thread of the recorder: what is read and sent never keeps a call from being answered. A
// thread that ends is begun again; what it had promised is on the disk.

import { basename, dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '#src/errors';
import { systemClock, type Timer } from '#src/ports';
import type { NodePlace } from './node-link.io.ts';
import type { FromOffering, OfferingThreadOptions, ToOffering } from './offering-thread.protocol.ts';
import type { Place } from './transfer.schema.ts';

const threadModule = new URL('../processes/offering.js', import.meta.url);
const againMs = 1_000;

interface Log {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export class OfferingThread {
  readonly #options: OfferingThreadOptions;
  readonly #log: Log;
  readonly #module: URL | string;
  #thread: Worker;
  #place: NodePlace | undefined;
  #again: Timer | undefined;
  #phase: 'running' | 'stopped' = 'running';

  /** `module`: the compiled program of the thread, for tests. */
  constructor(options: OfferingThreadOptions, log: Log, module: URL | string = threadModule) {
    this.#options = options;
    this.#log = log;
    this.#module = module;
    this.#thread = this.#start();
  }

  /** Where recordings are offered; undefined while they are not. */
  get place(): NodePlace | undefined {
    return this.#place;
  }

  /** Stores hear of recordings that are finished; `folders` are theirs. */
  finished(folders: readonly string[]): void {
    if (folders.length > 0) this.#say({ type: 'finished', places: folders.map(placeOf) });
  }

  /** Stores hear that the media of a recording is destroyed, and destroy what they have of it. */
  destroyed(folder: string): void {
    this.#say({ type: 'destroyed', place: placeOf(folder) });
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#again?.cancel();
    await this.#thread.terminate();
  }

  #say(value: ToOffering): void {
    this.#thread.postMessage(value);
  }

  #start(): Worker {
    const thread = new Worker(this.#module, { workerData: this.#options, execArgv: [] });
    let why = 'it was ended';
    thread.on('message', (said: FromOffering) => {
      if (said.type === 'listening') this.#place = { host: said.host, port: said.port };
      else this.#log[said.level](said.fields, said.text);
    });
    thread.on('error', (error) => {
      why = messageOf(error);
    });
    thread.on('exit', () => {
      this.#place = undefined;
      if (this.#phase === 'stopped') return;
      this.#log.error({ alarm: 'offering-ended', error: why }, 'alarm');
      this.#again = systemClock.after(againMs, () => {
        this.#thread = this.#start();
      });
    });
    return thread;
  }
}

function placeOf(folder: string): Place {
  return { day: basename(dirname(folder)), take: basename(folder) };
}
