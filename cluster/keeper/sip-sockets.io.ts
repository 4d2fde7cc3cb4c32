// The node's SIP sockets: UDP ones that are not read, TCP and TLS ones that are not listened at. Knows how each is opened,
// handed on by IPC, taken over and closed.

import type { SendHandle } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { openListeners, type SipListener } from '#src/sip';
import { openUnacceptedListener } from './unaccepted-listener.io.ts';
import { openUnreadSocket } from './unread-socket.io.ts';

/** A SIP socket that is held. */
export interface SipSocket {
  /** Where it really is: its port is never 0. */
  readonly facts: SipListener;
  readonly handle: SendHandle;
  close(): void;
}

/** Opens all of them or none. Rejects with the system's error (EADDRINUSE and the like). */
export function openSipSockets(listeners: readonly SipListener[], receiveBufferBytes: number): Promise<SipSocket[]> {
  const open = async (listener: SipListener) => {
    const socket = await openSipSocket(listener, receiveBufferBytes);
    return { socket, port: socket.facts.port };
  };
  return openListeners(listeners, open, ({ socket }) => socket.close()).then((opened) =>
    opened.map(({ socket }) => socket),
  );
}

/** A socket that came by IPC and is only held on. `handle` is already kept from reading. */
export function heldSipSocket(facts: SipListener, handle: SendHandle): SipSocket {
  return { facts, handle, close: () => (handle as unknown as { close(): void }).close() };
}

async function openSipSocket(listener: SipListener, receiveBufferBytes: number): Promise<SipSocket> {
  if (listener.transport !== 'udp') {
    const { address, port, handle } = openUnacceptedListener(listener);
    return heldSipSocket({ ...listener, address, port }, handle);
  }
  const socket: Socket = await openUnreadSocket({ ...listener, receiveBufferBytes });
  const { address, port } = socket.address();
  return heldSipSocket({ ...listener, address, port }, socket);
}
