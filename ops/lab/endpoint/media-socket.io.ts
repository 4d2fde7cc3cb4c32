// A UDP port for audio: what comes is handed on, what is to leave leaves at once. Never looks into a packet.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** An open port. */
export interface MediaSocket {
  readonly address: string;
  readonly port: number;
  /** Packets that the kernel refused to take. */
  readonly failures: number;
  send(bytes: Uint8Array, to: { readonly address: string; readonly port: number }): void;
  close(): void;
}

const bufferBytes = 1024 * 1024;

/** Opens any free port of `address`. `heard` gets each datagram; it may keep it. */
export async function openMediaSocket(address: string, heard: (bytes: Buffer) => void): Promise<MediaSocket> {
  const socket = createSocket({
    type: 'udp4',
    sendBufferSize: bufferBytes,
    recvBufferSize: bufferBytes,
    // Peers are addresses already; asking the resolver for each packet would cost more than the packet.
    lookup: (host, _options, found) => found(null, host, 4),
  });
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  let failures = 0;
  let phase: 'open' | 'closed' = 'open';
  const taken = (error: Error | null) => {
    if (error) failures += 1;
  };
  socket.on('message', heard);
  return {
    address,
    port: socket.address().port,
    get failures() {
      return failures;
    },
    send(bytes, to) {
      if (phase === 'open') socket.send(bytes, to.port, to.address, taken);
    },
    close() {
      if (phase === 'open') socket.close();
      phase = 'closed';
    },
  };
}
