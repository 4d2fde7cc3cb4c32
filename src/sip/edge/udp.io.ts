// SIP over one UDP socket. The socket may come bound from a parent process, with datagrams already waiting in it. Hands
// datagrams on as they are; decides nothing.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { reachableAddress } from './reachable-address.io.ts';
import type { Endpoint, Flow, Transport, TransportReceiver } from './transport.ts';

/** The socket to use, or where to open one (port 0: any free). */
export type UdpOptions =
  | { readonly socket: Socket; readonly advertisedAddress?: string }
  | { readonly address: string; readonly port: number; readonly advertisedAddress?: string };

/** Kernel buffer for bursts: about 2,000 INVITEs. The kernel may grant less (`net.core.rmem_max`). */
const receiveBufferBytes = 4 * 1024 * 1024;

/** Opens (or takes over) the socket and hands every datagram to `receiver`. */
export async function openUdp(options: UdpOptions, receiver: TransportReceiver): Promise<Transport> {
  const socket = 'socket' in options ? options.socket : await bind(options);
  const bound = socket.address();
  const local = { address: options.advertisedAddress ?? reachableAddress(bound.address), port: bound.port };
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
  socket.on('message', (bytes, { address, port }) => receiver.received(bytes, flowTo({ address, port })));
  // An unreachable peer may surface here (ICMP); the transaction's timers see to it.
  socket.on('error', () => receiver.refused('socket-error'));
  return { protocol: 'udp', local, connections: 0, flowTo, close: () => close(socket) };
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
