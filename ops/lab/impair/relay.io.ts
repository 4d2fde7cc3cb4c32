// A UDP relay that behaves like a bad network, by a seed. Knows nothing of what it carries: each client's address gets a
// socket of its own towards the target, so answers find their way back, be it SIP or RTP.
//
//   client ──▶ front socket ──there──▶ socket of this client ──▶ target
//          ◀──────────────── ◀──back── ◀───────────────────── ◀──

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Clock, type Random, seededRandom, systemClock, type Timer } from '#src/ports';
import { type Impairment, nextFate, unimpaired } from './fate.core.ts';

/** An address and a port. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface RelayOptions {
  /** Where clients send to; default 127.0.0.1 and any free port. */
  readonly listen?: Place;
  readonly target: Place;
  readonly seed: number;
  /** From clients to the target; what is not named does not happen. */
  readonly there?: Partial<Impairment>;
  /** From the target to clients. */
  readonly back?: Partial<Impairment>;
  readonly clock?: Clock;
  /** Clients at once; datagrams of further ones are dropped. Default 1,024. */
  readonly clientsMax?: number;
  /** Datagrams under way at once, above which they are dropped. Default 100,000. */
  readonly heldMax?: number;
}

/** What happened on one way. */
export interface WayCounters {
  received: number;
  lost: number;
  duplicated: number;
  reordered: number;
  sent: number;
  /** Dropped for a bound. */
  refused: number;
}

/** A running relay. */
export interface Relay {
  readonly local: Place;
  counters(): { readonly there: Readonly<WayCounters>; readonly back: Readonly<WayCounters> };
  /** Drops what is under way and closes every socket. Idempotent. */
  close(): Promise<void>;
}

const bufferBytes = 4 * 2 ** 20;

/** Starts a relay. Rejects when its address is taken. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { listen = { address: '127.0.0.1', port: 0 }, clientsMax = 1_024 } = options;
  const front = newSocket(listen.address);
  front.bind(listen.port, listen.address);
  await once(front, 'listening');
  const held = new HeldDatagrams(options.clock ?? systemClock, options.heldMax ?? 100_000);
  const counters = { there: newCounters(), back: newCounters() };
  const clients = new Map<string, Client>();
  let phase: 'open' | 'closed' = 'open';
  front.on('message', (bytes, { address, port }: RemoteInfo) => {
    const name = `${address}:${port}`;
    let client = clients.get(name);
    if (!client && clients.size < clientsMax) {
      client = newClient(options, clients.size);
      clients.set(name, client);
      const { socket, back } = client;
      socket.on('message', (answer) => {
        held.carry(answer, back, counters.back, (copy) => front.send(copy, port, address, ignore));
      });
    }
    if (!client) {
      counters.there.received += 1;
      counters.there.refused += 1;
      return;
    }
    const { socket, there } = client;
    const { target } = options;
    held.carry(bytes, there, counters.there, (copy) => socket.send(copy, target.port, target.address, ignore));
  });
  return {
    local: front.address(),
    counters: () => ({ there: { ...counters.there }, back: { ...counters.back } }),
    async close() {
      if (phase === 'closed') return;
      phase = 'closed';
      held.drop();
      await Promise.all([front, ...[...clients.values()].map(({ socket }) => socket)].map(closed));
    },
  };
}

/** A way with its bad luck. */
interface Way {
  readonly impairment: Impairment;
  readonly random: Random;
}

interface Client {
  readonly socket: Socket;
  readonly there: Way;
  readonly back: Way;
}

function newClient({ seed, there, back, target }: RelayOptions, index: number): Client {
  const socket = newSocket(target.address);
  socket.bind(0, target.address.startsWith('127.') ? '127.0.0.1' : undefined);
  // Each way of each client has a sequence of its own: what happens to one does not depend on the others.
  const way = (impairment: Partial<Impairment> | undefined, number: number): Way => ({
    impairment: { ...unimpaired, ...impairment },
    random: seededRandom(Math.imul(seed + 1, 0x9e3779b1) + 2 * index + number),
  });
  return { socket, there: way(there, 0), back: way(back, 1) };
}

/** Datagrams under way. */
class HeldDatagrams {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  carry(bytes: Buffer, { impairment, random }: Way, counters: WayCounters, send: (bytes: Buffer) => void): void {
    const { arrivalsMs, isReordered } = nextFate(impairment, random);
    counters.received += 1;
    if (arrivalsMs.length === 0) counters.lost += 1;
    if (arrivalsMs.length > 1) counters.duplicated += 1;
    if (isReordered) counters.reordered += 1;
    for (const delayMs of arrivalsMs) {
      if (delayMs === 0) {
        counters.sent += 1;
        send(bytes);
      } else if (this.#timers.size >= this.#max) counters.refused += 1;
      else
        this.#later(delayMs, () => {
          counters.sent += 1;
          send(bytes);
        });
    }
  }

  drop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

function newSocket(address: string): Socket {
  const type = address.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: bufferBytes, sendBufferSize: bufferBytes });
  // A peer that is away shows as an error here; on a bad network that is one more lost datagram.
  socket.on('error', ignore);
  return socket;
}

function newCounters(): WayCounters {
  return { received: 0, lost: 0, duplicated: 0, reordered: 0, sent: 0, refused: 0 };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

function ignore(): void {}
