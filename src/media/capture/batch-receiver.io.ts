// Reads all sockets at once, every `readMs`, straight into the block of the journal that is written next. Until then datagrams
// wait in the kernel, where no kill of this process can reach them. A packet that follows the one before in its stream passes
// without a line of JavaScript (ordered-runs.ts); every other datagram is heard as Node would have it heard.
//
// The system calls are those of batch-receiver.c. Nothing here knows what a stream does with what it hears.

import type { Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import { messageOf } from '#src/errors';
import { type Journal, recordHeaderBytes } from '#src/journal';
import { type Clock, systemClock, type Timer } from '#src/ports';
import type { Peer } from './control.schema.ts';
import { OrderedRuns } from './ordered-runs.ts';
import type { DatagramListener, Listening, Passage, Receiver } from './receiver.ts';

/** Lets this process read a socket of Node's, and gives it back to Node. */
export interface SocketHandles {
  /** The descriptor. */
  take(socket: Socket): number;
  give(socket: Socket): void;
}

/** batch-receiver.c, which says what each does. */
export interface BatchCode {
  create(datagramsMax: number): object;
  add(receiver: object, descriptor: number, group: number): number;
  remove(receiver: object, socket: number): void;
  expect(receiver: object, socket: number, address: string, port: number, row: number): void;
  receive(
    receiver: object,
    sockets: Int32Array | undefined | null,
    body: Buffer | undefined,
    at: number,
    openForUs: number,
    runs: Uint32Array,
    heard: Buffer,
    table: Int32Array,
    summary: Int32Array,
  ): void;
  sourceOf(receiver: object, index: number): [address: string, port: number];
}

export interface BatchReceiverOptions {
  readonly code: BatchCode;
  readonly handles: SocketHandles;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Between two looks at the sockets: as long as a block of the journal. */
  readonly readMs: number;
}

const datagramsMax = 2_048;
// A look ends there; what is left waits for the next one, and control is not held up for longer.
const batchesMax = 16;
const datagramBytesMax = 65_536;
const rowWords = 4;
const heardBytes = 2 ** 20;
/** What `receive` says: packets that passed, where they end, longest wait in µs, datagrams to be heard, whether there may be more. */
const summaryWords = 5;

interface Expected {
  readonly stream: number;
  readonly passage: Passage;
  readonly listener: DatagramListener;
}

/** Loads the compiled code; the reason why not, where it is not there or not for this machine. */
export function loadBatchCode(path: string): BatchCode | string {
  try {
    return createRequire(import.meta.url)(path) as BatchCode;
  } catch (error) {
    return messageOf(error);
  }
}

export class BatchReceiver implements Receiver {
  readonly #options: BatchReceiverOptions;
  readonly #code: BatchCode;
  readonly #receiver: object;
  readonly #listeners = new Map<number, DatagramListener>();
  // The first socket of each listener: what comes to its others is heard in one order with it.
  readonly #groups = new WeakMap<DatagramListener, number>();
  // By the row of their run; a row is used again.
  readonly #expected: (Expected | undefined)[] = [];
  readonly #unused: number[] = [];
  readonly #runs = new OrderedRuns();
  readonly #heard = Buffer.alloc(heardBytes);
  readonly #table = new Int32Array(rowWords * datagramsMax);
  readonly #summary = new Int32Array(summaryWords);
  #timer: Timer | undefined;
  readonly #draining: number[] = [];
  #drained: Promise<void> | undefined;

  constructor(options: BatchReceiverOptions) {
    this.#options = options;
    this.#code = options.code;
    this.#receiver = options.code.create(datagramsMax);
  }

  listen(socket: Socket, listener: DatagramListener): Listening {
    const { handles } = this.#options;
    const number = this.#code.add(this.#receiver, handles.take(socket), this.#groups.get(listener) ?? -1);
    if (!this.#groups.has(listener)) this.#groups.set(listener, number);
    this.#listeners.set(number, listener);
    this.#arm();
    const known = new Map<string, { readonly source: Peer; readonly row: number }>();
    const forget = (source: Peer) => {
      const key = `${source.address} ${source.port}`;
      const one = known.get(key);
      if (!one) return;
      known.delete(key);
      this.#code.expect(this.#receiver, number, source.address, source.port, -1);
      this.#expected[one.row]?.passage.runsIn(undefined);
      this.#expected[one.row] = undefined;
      this.#unused.push(one.row);
    };
    return {
      expect: (source, stream, passage) => {
        forget(source);
        const row = this.#unused.pop() ?? this.#expected.length;
        this.#expected[row] = { stream, passage, listener };
        known.set(`${source.address} ${source.port}`, { source, row });
        passage.runsIn(this.#runs.at(row, stream));
        this.#code.expect(this.#receiver, number, source.address, source.port, row);
      },
      forget,
      readNow: () => this.#readUntilEmpty(Int32Array.of(number)),
      drain: () => this.#drain(number),
      stop: () => {
        for (const { source } of known.values()) forget(source);
        this.#code.remove(this.#receiver, number);
        this.#listeners.delete(number);
        if (this.#listeners.size === 0) this.end();
        handles.give(socket);
      },
    };
  }

  readNow(): void {
    this.#readUntilEmpty();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #readUntilEmpty(sockets?: Int32Array): void {
    for (let batch = 0; batch < batchesMax; batch += 1) if (this.#read(sockets).count === 0) break;
    this.#options.journal.flush();
  }

  // All sockets of which it is asked in one turn of the event loop at once: each look gives the journal a block of its own.
  #drain(socket: number): Promise<void> {
    this.#draining.push(socket);
    this.#drained ??= nextTurn().then(() => {
      this.#drained = undefined;
      this.#readUntilEmpty(Int32Array.from(this.#draining.splice(0)));
    });
    return this.#drained;
  }

  // Sockets are of this world, whatever clock the records are timed by.
  #arm(): void {
    this.#timer ??= systemClock.after(this.#options.readMs, () => {
      this.#timer = undefined;
      this.#arm();
      this.#look();
    });
  }

  // Of sockets that have nothing yet, as far as can be told, none is tried. What a look leaves in one is there in the next look; only what had no room is worth another one at once.
  #look(): void {
    for (let batch = 0; batch < batchesMax; batch += 1) if (!this.#read(null).more) break;
    this.#options.journal.flush();
  }

  // How many datagrams there were, and whether there may be more.
  #read(sockets: Int32Array | undefined | null): { readonly count: number; readonly more: boolean } {
    const { journal, clock } = this.#options;
    const space = journal.space(recordHeaderBytes + datagramBytesMax);
    const nowUs = Math.floor(clock.nowMs() * 1000);
    const openForUs = space?.openedAtUs === undefined ? -1 : nowUs - space.openedAtUs;
    const [runs, heard, summary] = [this.#runs.words, this.#heard, this.#summary];
    this.#code.receive(
      this.#receiver,
      sockets,
      space?.body,
      space?.at ?? 0,
      openForUs,
      runs,
      heard,
      this.#table,
      summary,
    );
    const [passed, rows] = [summary[0]!, summary[3]!];
    if (space && passed > 0) journal.fill(space.openedAtUs ?? nowUs - summary[2]!, summary[1]!, passed);
    if (rows > 0) this.#hear(rows, nowUs);
    return { count: passed + rows, more: summary[4] === 1 };
  }

  // In the order in which they came. Whose they are is known before anybody hears any, as hearing may change it.
  #hear(rows: number, nowUs: number): void {
    const table = this.#table;
    const expected = Array.from({ length: rows }, (_, index) => this.#expected[table[index * rowWords]!]);
    const hearing = new Set<DatagramListener | undefined>();
    for (const [index, one] of expected.entries()) {
      const row = index * rowWords;
      const start = table[row + 1]!;
      const length = table[row + 2]!;
      const listener = one?.listener ?? this.#listeners.get(-1 - table[row]!);
      const atUs = nowUs - table[row + 3]!;
      if (length < 0) listener?.failed(getSystemErrorName(length));
      else if (one && !hearing.has(listener) && one.passage.passes(this.#heard, start, length)) {
        this.#options.journal.append('rtp', one.stream, atUs, this.#heard.subarray(start, start + length));
      } else {
        hearing.add(listener);
        const [address, port] = this.#code.sourceOf(this.#receiver, index);
        listener?.hear(Buffer.from(this.#heard.subarray(start, start + length)), address, port, atUs);
      }
    }
  }
}
