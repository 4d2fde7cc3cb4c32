// What is written to a socket in one turn of the event loop leaves with one system call, and wakes its reader once.

import type { Socket } from 'node:net';

/** Call it before a write. */
export function gatherTurn(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}
