// UDP sockets that are open but not read: what arrives waits in the kernel for whoever reads next. The only file that
// touches Node's internals; works on Node 20, 22 and 24, and the test runs it on each of them that is at hand.
//
// Node starts reading as soon as a socket is bound, and offers no switch. The handle below a socket has recvStart and
// recvStop; `recvStart` is shadowed before the bind, so the process that holds the socket never takes a packet from it.

import { createSocket, type Socket, type SocketType } from 'node:dgram';

interface Handle {
  readonly fd: number;
  recvStart(): number;
  recvStop(): number;
}

export interface UnreadSocketOptions {
  readonly address: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Asked of the kernel, which doubles it for its own needs and caps it at net.core.rmem_max. */
  readonly receiveBufferBytes: number;
}

/** Binds a socket without reading it. Rejects with the system's error (EADDRINUSE and the like). */
export function openUnreadSocket(options: UnreadSocketOptions): Promise<Socket> {
  const type: SocketType = options.address.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: options.receiveBufferBytes });
  handleOf(socket).recvStart = () => 0;
  return new Promise((resolve, reject) => {
    const refused = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once('error', refused);
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.off('error', refused);
      resolve(socket);
    });
  });
}

/**
 * Stops a socket that came by IPC, which Node has set reading, before its first packet, and starts it when its first
 * 'message' listener is there: no packet falls between. Call it in the turn in which the socket came.
 */
export function readWhenListened(socket: Socket): Socket {
  handleOf(socket).recvStop();
  socket.on('newListener', function start(event: string) {
    if (event !== 'message') return;
    socket.off('newListener', start);
    handleOf(socket).recvStart();
  });
  return socket;
}

/** Stops a socket that came by IPC for good: this process only holds it. Call it in the turn in which the socket came. */
export function keepUnread(socket: Socket): Socket {
  const handle = handleOf(socket);
  handle.recvStop();
  handle.recvStart = () => 0;
  return socket;
}

/** Lets other code than Node read a socket, and takes it back. What waits in the kernel meanwhile stays there. */
export const socketHandles = {
  /** Node stops reading; the descriptor stays Node's. */
  take(socket: Socket): number {
    const handle = handleOf(socket);
    handle.recvStop();
    return handle.fd;
  },
  /** Node reads again. */
  give(socket: Socket): void {
    handleOf(socket).recvStart();
  },
};

function handleOf(socket: Socket): Handle {
  const symbol = Object.getOwnPropertySymbols(socket).find((one) => one.description === 'state symbol');
  const state = symbol && (socket as unknown as Record<symbol, { handle?: Partial<Handle> }>)[symbol];
  const handle = state?.handle;
  if (typeof handle?.recvStart !== 'function' || typeof handle.recvStop !== 'function') {
    throw new Error(`Node ${process.version} has no recvStart on UDP handles where versions 20 to 24 have it`);
  }
  return handle as Handle;
}
