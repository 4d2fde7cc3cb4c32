// Datagrams over IPv4, many at a time: what has come is read with one system call, what is sent in one turn goes out with one.
// The system calls are those of datagrams.c. Decides nothing, and drops nothing that the kernel would take.

import type { Socket } from 'node:dgram';
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { messageOf } from '#src/errors';
import type { Endpoint } from './transport.ts';

/** datagrams.c. */
export interface DatagramCode {
  open(descriptor: number, readable: () => void): object;
  receive(socket: object, buffer: Buffer, table: Int32Array): number;
  send(socket: object, messages: readonly Buffer[], table: Int32Array): number;
  close(socket: object): void;
}

/** What it takes to read and write a socket of Node's without Node. */
export interface DatagramAccess {
  readonly code: DatagramCode;
  /** Lets Node stop reading the socket, and gives its descriptor. */
  take(socket: Socket): number;
}

/** Who hears what comes. */
export interface DatagramListener {
  /** `key` names the source: the same for the same address and port. The bytes are the listener's. */
  received(bytes: Buffer, source: Endpoint, key: number): void;
  /** All that waited have been read, or there are more. */
  looked(found: 'all' | 'some'): void;
  failed(): void;
}

/** Loads the compiled code; the reason why not, where it is not there or not for this machine. */
export function loadDatagramCode(path: string): DatagramCode | string {
  try {
    return createRequire(import.meta.url)(path) as DatagramCode;
  } catch (error) {
    return messageOf(error);
  }
}

/** As in datagrams.c. */
const [batchMax, slotBytes, rowWords] = [64, 65_536, 3];
const addressesMax = 4_096;
/** Datagrams that are handled before what they are answered with goes out: a refusal does not wait for the calls behind it. */
const handledAtOnce = 16;

interface Sending {
  readonly bytes: Buffer;
  readonly remote: Endpoint;
  readonly failed: (reason: string) => void;
}

export class Datagrams {
  readonly #code: DatagramCode;
  readonly #socket: Socket;
  readonly #opened: object;
  readonly #listener: DatagramListener;
  readonly #slots = Buffer.allocUnsafeSlow(batchMax * slotBytes);
  readonly #table = new Int32Array(batchMax * rowWords);
  readonly #outgoing = new Int32Array(batchMax * rowWords);
  readonly #numbers = new Map<string, number>();
  readonly #addresses = new Map<number, string>();
  #sending: Sending[] = [];
  #phase: 'open' | 'closed' = 'open';

  constructor(socket: Socket, { code, take }: DatagramAccess, listener: DatagramListener) {
    this.#code = code;
    this.#socket = socket;
    this.#listener = listener;
    this.#opened = code.open(take(socket), () => this.#read());
  }

  /** Sends at the end of this turn, with all that it brings. `failed` is called when it surely did not go out. */
  send(bytes: Buffer, remote: Endpoint, failed: (reason: string) => void): void {
    this.#sending.push({ bytes, remote, failed });
    if (this.#sending.length === 1) queueMicrotask(() => this.#flush());
  }

  /** Sends what waits and lets go of the socket, which stays open. */
  close(): void {
    this.#flush();
    this.#phase = 'closed';
    this.#code.close(this.#opened);
  }

  #read(): void {
    const count = this.#code.receive(this.#opened, this.#slots, this.#table);
    if (count < 0) this.#listener.failed();
    for (let index = 0; index < count; index += 1) {
      const row = index * rowWords;
      const number = this.#table[row + 1]!;
      const port = this.#table[row + 2]!;
      const start = index * slotBytes;
      const bytes = Buffer.from(this.#slots.subarray(start, start + this.#table[row]!));
      this.#listener.received(bytes, { address: this.#addressOf(number), port }, number * 65_536 + port);
      if (this.#phase === 'closed') return;
      if (index % handledAtOnce === handledAtOnce - 1) this.#flush();
    }
    this.#listener.looked(count === batchMax ? 'some' : 'all');
  }

  #flush(): void {
    if (this.#phase === 'closed') return;
    while (this.#sending.length > 0) {
      const batch = this.#sending.splice(0, batchMax);
      for (const [index, { remote }] of batch.entries()) {
        this.#outgoing[index * rowWords + 1] = this.#numberOf(remote.address);
        this.#outgoing[index * rowWords + 2] = remote.port;
      }
      const messages = batch.map(({ bytes }) => bytes);
      const done = this.#code.send(this.#opened, messages, this.#outgoing);
      for (const [index, one] of batch.entries()) {
        const result = this.#outgoing[index * rowWords]!;
        // The kernel's buffer is full: Node waits for room.
        if (index >= done) this.#sendLater(one);
        else if (result < 0) one.failed(getSystemErrorName(result));
      }
    }
  }

  #sendLater({ bytes, remote, failed }: Sending): void {
    this.#socket.send(bytes, remote.port, remote.address, (error) => {
      if (error) failed(error.message);
    });
  }

  #addressOf(number: number): string {
    const known = this.#addresses.get(number);
    if (known !== undefined) return known;
    const address = [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join('.');
    if (this.#addresses.size >= addressesMax) this.#addresses.clear();
    this.#addresses.set(number, address);
    return address;
  }

  #numberOf(address: string): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    const number = address.split('.').reduce((sum, octet) => (sum << 8) | Number(octet), 0);
    if (this.#numbers.size >= addressesMax) this.#numbers.clear();
    this.#numbers.set(address, number);
    return number;
  }
}
