// One connection of SIP over TCP or TLS: frames what comes, bounds what waits to go, and ends when its peer is silent, slow,
// or sends what is no SIP. Knows nothing of other connections.

import type { Socket } from 'node:net';
import type { Clock, Timer } from '#src/ports';
import { StreamFraming } from './stream-framing.ts';
import type { StreamLimits } from './stream-limits.ts';
import type { Endpoint, Flow, TransportReceiver } from './transport.ts';

/** What a connection needs. */
export interface StreamConnectionOptions {
  readonly protocol: 'tcp' | 'tls';
  readonly socket: Socket;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  readonly receiver: TransportReceiver;
  /** Another way to the peer, for responses after the end of this one. */
  flowTo(remote: Endpoint): Flow;
  /** Requests to this place may come here. */
  serveAs(place: Endpoint): void;
  /** A whole message has come. */
  spoke(): void;
  /** So many bytes of a message lie here that has not ended. */
  holds(bytes: number): void;
  /** It is over. */
  closed(): void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly failed: ((reason: string) => void) | undefined;
}

type ConnectionState =
  /** Ours, and not there yet: TCP connects, TLS shakes hands. */
  | { readonly phase: 'connecting'; readonly waiting: Waiting[]; bytes: number }
  | { readonly phase: 'open' }
  | { readonly phase: 'closed'; readonly reason: string };

const pong = Buffer.from('\r\n');
/** Finds peers that vanished without a word (RFC 1122 §4.2.3.6). */
const keepAliveMs = 30_000;

export class StreamConnection implements Flow {
  readonly protocol: 'tcp' | 'tls';
  readonly isReliable = true;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly #options: StreamConnectionOptions;
  readonly #framing: StreamFraming;
  #state: ConnectionState;
  /** When something whole came or went last; when the message began that is on its way. */
  #activeMs: number;
  #begunMs: number | undefined;
  #timer: Timer | undefined;

  /** `phase`: an accepted socket is open, one of ours connects until {@link connected}. */
  constructor(options: StreamConnectionOptions, phase: 'open' | 'connecting') {
    const { socket, clock, limits } = options;
    this.#options = options;
    this.protocol = options.protocol;
    this.remote = options.remote;
    this.local = options.local;
    this.#framing = new StreamFraming(limits);
    this.#activeMs = clock.monotonicMs();
    this.#state = phase === 'open' ? { phase } : { phase, waiting: [], bytes: 0 };
    // A stranger who connects has to say something.
    if (phase === 'open') this.#begunMs = this.#activeMs;
    this.#watch();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the peer has closed it'));
    socket.on('close', () => this.close('it is closed'));
  }

  get isOpen(): boolean {
    return this.#state.phase !== 'closed';
  }

  /** Connected: what waits goes out. */
  connected(): void {
    if (this.#state.phase !== 'connecting') return;
    const { waiting } = this.#state;
    this.#state = { phase: 'open' };
    this.#activeMs = this.#options.clock.monotonicMs();
    this.#watch();
    for (const { bytes, failed } of waiting) this.send(bytes, failed);
  }

  send(bytes: Buffer, failed?: (reason: string) => void): void {
    const { socket, limits, receiver } = this.#options;
    if (this.#state.phase === 'closed') {
      this.#unsent(failed, this.#state.reason);
      return;
    }
    const queued = this.#state.phase === 'connecting' ? this.#state.bytes : socket.writableLength;
    if (queued + bytes.length > limits.streamQueueBytesMax) {
      receiver.refused('peer-slow');
      this.#unsent(failed, 'the peer does not read');
      this.close('the peer does not read');
      return;
    }
    if (this.#state.phase === 'connecting') {
      this.#state.waiting.push({ bytes, failed });
      this.#state.bytes += bytes.length;
      return;
    }
    this.#activeMs = this.#options.clock.monotonicMs();
    socket.write(bytes, (error) => {
      if (error) failed?.(error.message);
    });
  }

  /** RFC 3261 §18.2.2. */
  backTo(port: number): Flow {
    const { protocol, isReliable, remote, local } = this;
    const returnTo = { address: remote.address, port };
    const send: Flow['send'] = (bytes, failed) =>
      this.isOpen ? this.send(bytes, failed) : this.#options.flowTo(returnTo).send(bytes, failed);
    return { protocol, isReliable, remote, returnTo, local, send };
  }

  serveAs(port: number): void {
    if (this.isOpen) this.#options.serveAs({ address: this.remote.address, port });
  }

  /** Ends it: what is written still goes out, as far as the peer reads it. */
  close(reason: string): void {
    if (this.#state.phase === 'closed') return;
    const waiting = this.#state.phase === 'connecting' ? this.#state.waiting : [];
    this.#state = { phase: 'closed', reason };
    this.#timer?.cancel();
    this.#options.closed();
    const { socket, limits, clock } = this.#options;
    if (socket.writableLength > 0 && socket.writable) {
      socket.destroySoon();
      const patience = clock.after(limits.messageMsMax, () => socket.destroy());
      socket.once('close', () => patience.cancel());
    } else socket.destroy();
    for (const { failed } of waiting) failed?.(reason);
  }

  /** Ends it at once. */
  destroy(): void {
    this.close('the edge stops');
    this.#options.socket.destroy();
  }

  /** Senders hear of it after their turn: they may have more to set up. */
  #unsent(failed: Waiting['failed'], reason: string): void {
    if (failed) queueMicrotask(() => failed(reason));
  }

  #received(chunk: Buffer): void {
    const { receiver, clock } = this.#options;
    if (this.#state.phase === 'closed') return;
    const wasWithin = this.#begunMs !== undefined;
    for (const framed of this.#framing.push(chunk)) {
      if (!this.isOpen) return;
      this.#activeMs = clock.monotonicMs();
      this.#begunMs = undefined;
      if (framed.type === 'message') {
        this.#options.spoke();
        receiver.received(framed.bytes, this);
      } else if (framed.type === 'ping') this.send(pong);
      else {
        receiver.unreadable(framed.problem, framed.head, framed.status, this);
        this.close(`it sent ${framed.problem}`);
      }
    }
    this.#options.holds(this.#framing.waitingBytes);
    if (!this.#framing.isWithin) return;
    this.#begunMs ??= clock.monotonicMs();
    if (!wasWithin) this.#watch();
  }

  /** Waits for the next moment at which it may have been silent, or slow, for too long. */
  #watch(): void {
    const { clock, limits } = this.#options;
    this.#timer?.cancel();
    if (this.#state.phase === 'closed') return;
    const dueMs =
      this.#state.phase === 'connecting'
        ? this.#activeMs + limits.connectMsMax
        : Math.min(
            this.#activeMs + limits.streamIdleMsMax,
            (this.#begunMs ?? Number.POSITIVE_INFINITY) + limits.messageMsMax,
          );
    const leftMs = dueMs - clock.monotonicMs();
    if (leftMs > 0) this.#timer = clock.after(leftMs, () => this.#watch());
    else this.#timeOut();
  }

  #timeOut(): void {
    const { receiver } = this.#options;
    if (this.#state.phase === 'connecting') this.close('the peer does not answer');
    else if (this.#begunMs !== undefined) {
      receiver.refused('stream-late');
      this.close('no whole message came in time');
    } else this.close('it was idle');
  }
}
