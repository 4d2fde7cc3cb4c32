// SIP over one UDP socket. The socket may come bound from a parent process, with datagrams already waiting in it. Hands
// datagrams on as they are; decides nothing. Reads and writes with Node, or many at a time where that can be done.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Clock } from '#src/ports';
import { type DatagramAccess, Datagrams } from './datagrams.io.ts';
import { reachableAddress } from './reachable-address.io.ts';
import type { Endpoint, Flow, Transport, TransportReceiver } from './transport.ts';

/** The socket to use, or where to open one (port 0: any free). */
export type UdpOptions =
  | { readonly socket: Socket; readonly advertisedAddress?: string }
  | { readonly address: string; readonly port: number; readonly advertisedAddress?: string };

/** Kernel buffer for bursts: about 2,000 INVITEs. The kernel may grant less (`net.core.rmem_max`). */
const receiveBufferBytes = 4 * 1024 * 1024;

/** Opens (or takes over) the socket and hands every datagram to `receiver`. `access`: to read and write it without Node. */
export async function openUdp(
  options: UdpOptions,
  receiver: TransportReceiver,
  clock: Clock,
  access?: DatagramAccess,
): Promise<Transport> {
  const socket = 'socket' in options ? options.socket : await bind(options);
  const bound = socket.address();
  const local = { address: options.advertisedAddress ?? reachableAddress(bound.address), port: bound.port };
  return access && bound.family === 'IPv4'
    ? openBatched(socket, local, { receiver, clock, access })
    : openWithNode(socket, local, { receiver, clock });
}

/** How many ways to peers are kept for the next datagram of the same peer. */
const flowsMax = 4_096;

function openBatched(
  socket: Socket,
  local: Endpoint,
  { receiver, clock, access }: { receiver: TransportReceiver; clock: Clock; access: DatagramAccess },
): Transport {
  const flows = new Map<number, Flow>();
  let waitingSinceMs: number | undefined;
  const flowTo = (remote: Endpoint): Flow => ({
    protocol: 'udp',
    isReliable: false,
    remote,
    local,
    send: (bytes, failed = () => {}) => datagrams.send(bytes, remote, failed),
  });
  const datagrams = new Datagrams(socket, access, {
    received(bytes, source, key) {
      let flow = flows.get(key);
      if (!flow) {
        if (flows.size >= flowsMax) flows.clear();
        flow = flowTo(source);
        flows.set(key, flow);
      }
      receiver.received(bytes, flow);
    },
    looked(found) {
      if (found === 'all') waitingSinceMs = undefined;
      else waitingSinceMs ??= clock.monotonicMs();
    },
    failed: () => receiver.refused('socket-error'),
  });
  socket.on('error', () => receiver.refused('socket-error'));
  return {
    protocol: 'udp',
    local,
    connections: 0,
    get queuedMs() {
      return waitingSinceMs === undefined ? 0 : clock.monotonicMs() - waitingSinceMs;
    },
    flowTo,
    close: () => {
      datagrams.close();
      return close(socket);
    },
  };
}

function openWithNode(
  socket: Socket,
  local: Endpoint,
  { receiver, clock }: { receiver: TransportReceiver; clock: Clock },
): Transport {
  const flowTo = (remote: Endpoint): Flow => ({
    protocol: 'udp',
    isReliable: false,
    remote,
    local,
    send(bytes, failed) {
      socket.send(bytes, remote.port, remote.address, (error) => {
        if (error) failed?.(error.message);
      });
    },
  });
  const queue = new QueueWatch(clock);
  socket.on('message', (bytes, { address, port }) => {
    queue.received();
    receiver.received(bytes, flowTo({ address, port }));
  });
  // An unreachable peer may surface here (ICMP); the transaction's timers see to it.
  socket.on('error', () => receiver.refused('socket-error'));
  return {
    protocol: 'udp',
    local,
    connections: 0,
    get queuedMs() {
      return queue.queuedMs;
    },
    flowTo,
    close: () => close(socket),
  };
}

/** Datagrams Node reads at most before it turns to other things (libuv's `uv__udp_recvmsg`): as many, and more are waiting. */
const turnDatagrams = 32;

/** Tells a queue that was emptied from one that was not: what is in it cannot be asked. */
class QueueWatch {
  readonly #clock: Clock;
  #phase: 'idle' | 'reading' = 'idle';
  #inTurn = 0;
  #waitingSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get queuedMs(): number {
    return this.#waitingSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#waitingSinceMs;
  }

  received(): void {
    this.#inTurn += 1;
    if (this.#phase === 'idle') this.#awaitTurn();
  }

  #awaitTurn(): void {
    this.#phase = 'reading';
    setImmediate(() => {
      const isEmpty = this.#inTurn < turnDatagrams;
      this.#inTurn = 0;
      this.#phase = 'idle';
      if (isEmpty) this.#waitingSinceMs = undefined;
      else {
        this.#waitingSinceMs ??= this.#clock.monotonicMs();
        // If nothing comes in the next turn either, the queue was empty after all.
        this.#awaitTurn();
      }
    });
  }
}

async function bind({ address, port }: { address: string; port: number }): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: receiveBufferBytes });
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

async function close(socket: Socket): Promise<void> {
  socket.removeAllListeners('message');
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
