// Reads all sockets at once, every `readMs`, straight into the block of the journal that is written next. Until then datagrams
// wait in the kernel, where no kill of this process can reach them. A packet that simply belongs to its stream costs no object
// and no event; every other datagram is heard as Node would have it heard.
//
// The system calls are those of batch-receiver.c. Nothing here knows what a stream does with what it hears.

import type { Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import { messageOf } from '#src/errors';
import { type Journal, recordHeaderBytes, writeRecordHeader } from '#src/journal';
import { type Clock, systemClock, type Timer } from '#src/ports';
import type { Peer } from './control.schema.ts';
import type { DatagramListener, Listening, Passage, Receiver } from './receiver.ts';

/** Lets this process read a socket of Node's, and gives it back to Node. */
export interface SocketHandles {
  /** The descriptor. */
  take(socket: Socket): number;
  give(socket: Socket): void;
}

/** batch-receiver.c. */
export interface BatchCode {
  create(datagramsMax: number): object;
  add(receiver: object, descriptor: number): number;
  remove(receiver: object, socket: number): void;
  expect(receiver: object, socket: number, address: string, port: number, passage: number): void;
  receive(receiver: object, buffer: Buffer, at: number, gap: number, table: Int32Array): number;
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
const overflowBytes = 2 ** 20;

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
  // By the number that the code knows them by; a number is used again.
  readonly #expected: (Expected | undefined)[] = [];
  readonly #unused: number[] = [];
  readonly #table = new Int32Array(rowWords * datagramsMax);
  // Where datagrams go while the journal has no room.
  #overflow: Buffer | undefined;
  #timer: Timer | undefined;
  #drained: Promise<void> | undefined;

  constructor(options: BatchReceiverOptions) {
    this.#options = options;
    this.#code = options.code;
    this.#receiver = options.code.create(datagramsMax);
  }

  listen(socket: Socket, listener: DatagramListener): Listening {
    const { handles } = this.#options;
    const number = this.#code.add(this.#receiver, handles.take(socket));
    this.#listeners.set(number, listener);
    this.#arm();
    const known = new Map<string, { readonly source: Peer; readonly index: number }>();
    const forget = (source: Peer) => {
      const key = `${source.address} ${source.port}`;
      const one = known.get(key);
      if (!one) return;
      known.delete(key);
      this.#code.expect(this.#receiver, number, source.address, source.port, -1);
      this.#expected[one.index] = undefined;
      this.#unused.push(one.index);
    };
    return {
      expect: (source, stream, passage) => {
        forget(source);
        const index = this.#unused.pop() ?? this.#expected.length;
        this.#expected[index] = { stream, passage, listener };
        known.set(`${source.address} ${source.port}`, { source, index });
        this.#code.expect(this.#receiver, number, source.address, source.port, index);
      },
      forget,
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
    for (let batch = 0; batch < batchesMax; batch += 1) if (this.#read() === 0) break;
    this.#options.journal.flush();
  }

  /** Once for all who ask in one turn of the event loop: each look would give the journal a block of its own. */
  drain(): Promise<void> {
    this.#drained ??= nextTurn().then(() => {
      this.#drained = undefined;
      this.readNow();
    });
    return this.#drained;
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // Sockets are of this world, whatever clock the records are timed by.
  #arm(): void {
    this.#timer ??= systemClock.after(this.#options.readMs, () => {
      this.#timer = undefined;
      this.#arm();
      this.#look();
    });
  }

  // What a look leaves in a socket is there in the next one; only a full table is worth another one at once.
  #look(): void {
    for (let batch = 0; batch < batchesMax; batch += 1) if (this.#read() < datagramsMax) break;
    this.#options.journal.flush();
  }

  // How many datagrams there were.
  #read(): number {
    const { journal, clock } = this.#options;
    const space = journal.space(recordHeaderBytes + datagramBytesMax);
    const body = space?.body ?? this.#besideJournal;
    const nowUs = clock.nowMs() * 1000;
    const table = this.#table;
    const count = this.#code.receive(this.#receiver, body, space?.at ?? 0, recordHeaderBytes, table);
    if (count === 0) return 0;
    const openedAtUs = space?.openedAtUs ?? Math.floor(nowUs - this.#longestWaitUs(count));
    const heard: (() => void)[] = [];
    const hearing = new Set<DatagramListener | undefined>();
    let end = space?.at ?? 0;
    let passed = 0;
    for (let index = 0; index < count; index += 1) {
      const row = index * rowWords;
      const start = table[row + 1]!;
      const length = table[row + 2]!;
      const atUs = nowUs - table[row + 3]!;
      const expected = table[row]! < 0 ? undefined : this.#expected[table[row]!];
      // Nothing overtakes what its listener has still to hear.
      const overtakes = hearing.size > 0 && hearing.has(expected?.listener);
      if (space && !overtakes && expected?.passage.passes(body, start, length)) {
        const behind = end + recordHeaderBytes;
        // What did not pass has left a gap.
        if (start !== behind) body.copyWithin(behind, start, start + length);
        writeRecordHeader(body, end, 'rtp', expected.stream, atUs - openedAtUs, length);
        end = behind + length;
        passed += 1;
      } else {
        const listener = expected?.listener ?? this.#listeners.get(-1 - table[row]!);
        hearing.add(listener);
        heard.push(this.#hearing(index, listener, body, atUs));
      }
    }
    if (space) journal.fill(openedAtUs, end, passed);
    for (const hear of heard) hear();
    return count;
  }

  // Copied now, as what follows is written over it; heard when the journal can be asked again.
  #hearing(index: number, listener: DatagramListener | undefined, body: Buffer, atUs: number): () => void {
    const start = this.#table[index * rowWords + 1]!;
    const length = this.#table[index * rowWords + 2]!;
    if (length < 0) return () => listener?.failed(getSystemErrorName(length));
    const datagram = Buffer.from(body.subarray(start, start + length));
    const [address, port] = this.#code.sourceOf(this.#receiver, index);
    return () => listener?.hear(datagram, address, port, atUs);
  }

  get #besideJournal(): Buffer {
    this.#overflow ??= Buffer.alloc(overflowBytes);
    return this.#overflow;
  }

  #longestWaitUs(count: number): number {
    let longestUs = 0;
    for (let index = 0; index < count; index += 1) longestUs = Math.max(longestUs, this.#table[index * rowWords + 3]!);
    return longestUs;
  }
}
