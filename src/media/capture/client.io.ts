// The recorder's end of capture's control socket: requests as promises, events by callback. Does not reconnect: that the
// connection is gone is for its owner to judge.

import { createConnection, type Socket } from 'node:net';
import type { z } from 'zod';
import { type Code, codes, messageOf, TwinreelError } from '#src/errors';
import { encodeFrame, FrameReader } from '#src/frames';
import type { SrtpKey } from '#src/media/srtp';
import { type Clock, systemClock, type Timer } from '#src/ports';
import { gatherTurn } from '#src/wire';
import {
  answerSchema,
  type ControlEvent,
  type ControlRequestInput,
  controlVersion,
  eventSchema,
  type Peer,
  type RequestName,
  type ResultOf,
  resultSchemas,
} from './control.schema.ts';

export interface CaptureClientOptions {
  /** Path of the control socket. */
  readonly path: string;
  /** Of two owners the one with the higher epoch commands; of one epoch the first holder. */
  readonly epoch: number;
  readonly holder: string;
  readonly requestMsMax?: number;
  readonly onEvent?: (event: ControlEvent) => void;
  /** The connection is gone, once; `fenced` when a newer owner has taken over. */
  readonly onClosed?: (reason: 'fenced' | 'closed') => void;
  readonly clock?: Clock;
}

/** What a stream is opened with; units and defaults are those of the control protocol. */
export type OpenStream = Omit<Extract<ControlRequestInput, { request: 'open' }>, 'id' | 'request'>;

interface Pending {
  readonly name: RequestName;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timeout: Timer;
}

// A page of a list is the longest frame: each stream has a note.
const frameBytesMax = 64 * 2 ** 20;
/** Streams of a page: 1,350 at once took 80 ms to check, and whatever else the connection carries waited. */
const listedAtOnce = 32;

export class CaptureClient {
  readonly #socket: Socket;
  readonly #options: CaptureClientOptions;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #phase: 'open' | 'fenced' | 'closed' = 'open';

  private constructor(socket: Socket, options: CaptureClientOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const frames = new FrameReader(frameBytesMax);
    socket.on('data', (bytes: Buffer) => this.#read(frames, bytes));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#closed());
  }

  /**
   * Connects and takes ownership. Rejects with TwinreelError `capture-unreachable`, `capture-fenced` (a newer owner is
   * known), `capture-version-unknown` or `capture-timed-out`.
   */
  static async connect(options: CaptureClientOptions): Promise<{ client: CaptureClient; hello: ResultOf<'hello'> }> {
    const socket = await connectTo(options.path);
    const client = new CaptureClient(socket, options);
    const { epoch, holder } = options;
    try {
      return { client, hello: await client.#ask('hello', { version: controlVersion, epoch, holder }) };
    } catch (error) {
      client.disconnect();
      throw error;
    }
  }

  /** Opens a stream; asked again for an open one, answers for that. Codes: `streams-exhausted`, `rtp-ports-exhausted`, `disk-full`. */
  open(stream: OpenStream): Promise<ResultOf<'open'>> {
    return this.#ask('open', stream);
  }

  /** The peer sends from another address now. Code of this and the following: `stream-unknown`. */
  move(stream: string, peer: Peer): Promise<ResultOf<'move'>> {
    return this.#ask('move', { stream, peer });
  }

  /** Its silence counts from now: it was on hold until now. */
  expect(stream: string): Promise<ResultOf<'expect'>> {
    return this.#ask('expect', { stream });
  }

  /** The peer seals with another key. A stream that is not sealed is left as it is. */
  rekey(stream: string, srtp: SrtpKey): Promise<ResultOf<'rekey'>> {
    return this.#ask('rekey', { stream, srtp });
  }

  /** From `atMs` on nothing reaches the disk. */
  pause(stream: string): Promise<ResultOf<'pause'>> {
    return this.#ask('pause', { stream });
  }

  /** From `atMs` on packets are recorded again, unless a pause came in between. */
  resume(stream: string): Promise<ResultOf<'resume'>> {
    return this.#ask('resume', { stream });
  }

  /** What this owner knows of streams that ran before it came: until it says so, what comes is withheld. */
  gates(known: {
    readonly paused: readonly string[];
    readonly running: readonly string[];
  }): Promise<ResultOf<'gates'>> {
    return this.#ask('gates', known);
  }

  /** Ends a stream: its final counters, and the range of the journal it stands in. */
  close(stream: string): Promise<ResultOf<'close'>> {
    return this.#ask('close', { stream });
  }

  /** All streams that run: whoever is opened or closed meanwhile may be among them, or not. */
  async list(): Promise<ResultOf<'list'>['streams']> {
    const streams: ResultOf<'list'>['streams'] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: ResultOf<'list'> = await this.#ask('list', { after, most: listedAtOnce });
      streams.push(...page.streams);
      after = page.next;
    }
    return streams;
  }

  stats(): Promise<ResultOf<'stats'>> {
    return this.#ask('stats', {});
  }

  /** Ends the connection; streams run on. */
  disconnect(): void {
    this.#socket.destroy();
  }

  #ask<Name extends RequestName>(name: Name, fields: object): Promise<ResultOf<Name>> {
    if (this.#phase !== 'open') return Promise.reject(this.#gone());
    this.#lastId += 1;
    const id = this.#lastId;
    const requestMsMax = this.#options.requestMsMax ?? 2_000;
    return new Promise((resolve, reject) => {
      const timeout = this.#clock.after(requestMsMax, () => {
        this.#pending.delete(id);
        reject(
          new TwinreelError('capture-timed-out', `no answer to ${name} within ${requestMsMax} ms`, { request: name }),
        );
      });
      this.#pending.set(id, { name, resolve: (result) => resolve(result as ResultOf<Name>), reject, timeout });
      gatherTurn(this.#socket);
      this.#socket.write(encodeFrame({ id, request: name, ...fields }));
    });
  }

  #read(frames: FrameReader, bytes: Buffer): void {
    try {
      for (const value of frames.push(bytes)) this.#take(value);
    } catch {
      this.#socket.destroy(); // not the protocol of this version
    }
  }

  #take(value: unknown): void {
    if (typeof value === 'object' && value !== null && 'event' in value) {
      const event = eventSchema.parse(value);
      if (event.event === 'fenced') this.#phase = 'fenced';
      this.#options.onEvent?.(event);
      return;
    }
    const answer = answerSchema.parse(value);
    const pending = this.#pending.get(answer.id);
    if (!pending) return; // too late: its request has timed out
    this.#pending.delete(answer.id);
    pending.timeout.cancel();
    if ('error' in answer) pending.reject(refusal(answer.error));
    else pending.resolve((resultSchemas[pending.name] as z.ZodType).parse(answer.result));
  }

  #closed(): void {
    const reason = this.#phase === 'fenced' ? 'fenced' : 'closed';
    this.#phase = reason;
    for (const { reject, timeout } of this.#pending.values()) {
      timeout.cancel();
      reject(this.#gone());
    }
    this.#pending.clear();
    this.#options.onClosed?.(reason);
  }

  #gone(): TwinreelError {
    const { path } = this.#options;
    if (this.#phase === 'fenced')
      return new TwinreelError('capture-fenced', 'a newer owner has taken over capture', { path });
    return new TwinreelError('capture-unreachable', `the connection to ${path} has ended`, { path });
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => {
      const message = `capture cannot be reached at ${path}: ${messageOf(error)}`;
      reject(new TwinreelError('capture-unreachable', message, { path }, { cause: error }));
    });
  });
}

function refusal({ code, message }: { code: string; message: string }): TwinreelError {
  return new TwinreelError(code in codes ? (code as Code) : 'capture-request-invalid', message);
}
