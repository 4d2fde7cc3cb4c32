// One connection that carries frames of JSON both ways, over TCP or TLS, from either end. Knows who is alive and who reads,
// not what is said. Must never hold up its owner: a peer that does not read, or says nothing, loses the connection.
//
// Signs of life: an end that has sent nothing for `beatMs` sends `null`. An end that hears nothing for `silenceMsMax` closes.

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { messageOf, type TwinreelError } from '#src/errors';
import { encodeFrame, FrameReader } from '#src/frames';
import type { Clock, Timer } from '#src/ports';
import type { Endpoint } from './endpoint.ts';
import { gatherTurn } from './turn.io.ts';

export interface WireLimits {
  /** The longest JSON that is taken, in bytes. */
  readonly frameBytesMax: number;
  /** What may wait for a peer that does not read, in bytes. */
  readonly backlogBytesMax: number;
  /** A sign of life is sent after so long without anything else to send. */
  readonly beatMs: number;
  /** A peer that says nothing for so long is gone. */
  readonly silenceMsMax: number;
}

export const wireLimits: WireLimits = {
  frameBytesMax: 2 ** 20,
  backlogBytesMax: 64 * 2 ** 20,
  beatMs: 2_000,
  silenceMsMax: 10_000,
};

/** Why a connection is no more. */
export type CloseReason =
  | 'closed-here'
  | 'closed-there'
  | 'silent'
  | 'does-not-read'
  | 'frame-invalid'
  | 'socket-error';

/** What a connection tells its owner. */
export interface WireReceiver {
  /** One frame's value, in the order of the peer. */
  value(value: unknown): void;
  /** A frame that is no JSON: it is left out, the connection goes on. */
  unreadable(fault: TwinreelError): void;
  /** Once, last. */
  closed(reason: CloseReason, detail: string): void;
}

const sign = encodeFrame(null);
const partingMsMax = 1_000;

export class WireConnection {
  /** Where the other end is. */
  readonly remote: Endpoint;
  readonly #socket: Socket | TLSSocket;
  readonly #limits: WireLimits;
  readonly #clock: Clock;
  readonly #receiver: WireReceiver;
  readonly #frames: FrameReader;
  #phase: 'open' | 'paused' | 'closed' = 'open';
  /** What was read before its owner paused. */
  #held: unknown[] = [];
  #sentMs: number;
  #heardMs: number;
  #beat: Timer;

  /** Takes over a socket that is connected (and, for TLS, has shaken hands). `attend` says who hears of it. */
  constructor(
    socket: Socket | TLSSocket,
    attend: (connection: WireConnection) => WireReceiver,
    clock: Clock,
    limits: WireLimits = wireLimits,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#clock = clock;
    this.#frames = new FrameReader(limits.frameBytesMax, (fault) => this.#receiver.unreadable(fault));
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#sentMs = clock.monotonicMs();
    this.#heardMs = this.#sentMs;
    this.#beat = clock.after(limits.beatMs, () => this.#tick());
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) => this.#end('socket-error', messageOf(error)));
    socket.on('close', () => this.#end('closed-there', 'the connection has ended'));
    this.#receiver = attend(this);
  }

  /** Sends a value; false when the connection is closed. */
  send(value: unknown): boolean {
    return this.sendFrame(encodeFrame(value));
  }

  /** Sends a frame that was encoded before: one for many. All that is sent in one turn leaves together. */
  sendFrame(frame: Buffer): boolean {
    if (this.#phase === 'closed') return false;
    gatherTurn(this.#socket);
    this.#sentMs = this.#clock.monotonicMs();
    this.#socket.write(frame);
    if (this.#socket.writableLength > this.#limits.backlogBytesMax) {
      this.#end('does-not-read', `${this.#socket.writableLength} bytes wait for it`);
      return false;
    }
    return true;
  }

  /** Sends the first `bytes` of a frame and breaks off, as a link does that is cut. */
  tear(value: unknown, bytes: number): void {
    if (this.#phase === 'closed') return;
    this.#socket.write(encodeFrame(value).subarray(0, bytes));
    this.close();
  }

  /** Sends what waits, and closes; a peer that does not take it gets `partingMsMax`. */
  close(): void {
    if (this.#phase === 'closed') return;
    const parting = this.#clock.after(partingMsMax, () => this.#socket.destroy());
    this.#socket.once('close', () => parting.cancel());
    this.#phase = 'closed';
    this.#beat.cancel();
    this.#socket.destroySoon();
    this.#receiver.closed('closed-here', 'closed');
  }

  /** Closes at once, as a process does that is killed: what waits is lost. */
  cut(): void {
    this.#end('closed-here', 'cut');
  }

  /** Hands over nothing more, and reads no further: the peer is held up by TCP, and is not taken for silent. */
  pause(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'paused';
    this.#socket.pause();
  }

  /** Hands over what was read, and reads on, unless its owner pauses again. */
  resume(): void {
    if (this.#phase !== 'paused') return;
    this.#phase = 'open';
    this.#heardMs = this.#clock.monotonicMs();
    this.#handOver(this.#held.splice(0));
    if (this.#isIn('open')) this.#socket.resume();
  }

  /** Bytes that wait for the peer. */
  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  #read(bytes: Buffer): void {
    if (this.#phase === 'closed') return;
    this.#heardMs = this.#clock.monotonicMs();
    let values: unknown[];
    try {
      values = this.#frames.push(bytes);
    } catch (fault) {
      this.#end('frame-invalid', messageOf(fault));
      return;
    }
    // What had been on its way when its owner paused comes after what is held.
    if (this.#isIn('paused')) this.#held.push(...values);
    else this.#handOver(values);
  }

  #handOver(values: readonly unknown[]): void {
    for (const [index, value] of values.entries()) {
      if (value === null) continue; // a sign of life
      // What the receiver did with the value before may have closed or paused it.
      if (this.#isIn('closed')) return;
      if (this.#isIn('paused')) {
        this.#held.push(...values.slice(index));
        return;
      }
      this.#receiver.value(value);
    }
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#phase === 'open' && nowMs - this.#heardMs >= this.#limits.silenceMsMax) {
      this.#end('silent', `nothing heard for ${Math.round(nowMs - this.#heardMs)} ms`);
      return;
    }
    this.#beat = this.#clock.after(this.#limits.beatMs, () => this.#tick());
    if (nowMs - this.#sentMs >= this.#limits.beatMs) this.sendFrame(sign);
  }

  #isIn(phase: 'open' | 'paused' | 'closed'): boolean {
    return this.#phase === phase;
  }

  #end(reason: CloseReason, detail: string): void {
    if (this.#phase === 'closed') return;
    // What the peer has told before it went is told.
    while (reason !== 'closed-here' && this.#held.length > 0) {
      const value = this.#held.shift();
      if (value !== null) this.#receiver.value(value);
      if (this.#isIn('closed')) return;
    }
    this.#phase = 'closed';
    this.#beat.cancel();
    this.#socket.destroy();
    this.#receiver.closed(reason, detail);
  }
}
