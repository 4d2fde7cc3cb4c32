// The TCP server applications connect to. Carries bytes and bounds what waits for a slow reader; decides nothing.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '#src/ports';
import type { ApplicationLink, ApplicationSession } from './application-session.ts';
import { type Endpoint, hostPortOf } from './transport.ts';

export interface ApplicationServerOptions {
  readonly host: string;
  /** 0: any free. */
  readonly port: number;
  readonly queueBytesMax: number;
  /** A session for a new connection; undefined when it is not wanted. */
  connect(link: ApplicationLink): ApplicationSession | undefined;
  /** An application read too slowly and was cut off. */
  slow(): void;
}

/** A listening application server. */
export interface ApplicationServer {
  readonly local: Endpoint;
  close(): Promise<void>;
}

/**
 * What an application in another process is given to read what was written before. One that is busy for longer may still
 * find both in one segment.
 */
const turnMs = 10;
/** Least time between two writes to an application: each wakes it, which costs more than what is said. */
const gatherMs = 2;

/** Starts to listen. Throws what `listen` throws (address in use, no such address). */
export async function openApplicationServer(options: ApplicationServerOptions): Promise<ApplicationServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    attend(socket, options);
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, port } = server.address() as { address: string; port: number };
  return { local: { address, port }, close: () => close(server, sockets) };
}

function attend(socket: Socket, options: ApplicationServerOptions): void {
  socket.on('error', () => socket.destroy());
  let phase: 'idle' | 'gathering' = 'idle';
  let wroteAtMs = Number.NEGATIVE_INFINITY;
  const write = () => {
    phase = 'idle';
    wroteAtMs = systemClock.monotonicMs();
    socket.uncork();
  };
  const gather = () => {
    phase = 'gathering';
    socket.cork();
    const pauseMs = wroteAtMs + gatherMs - systemClock.monotonicMs();
    if (pauseMs > 0) systemClock.after(pauseMs, write);
    else setImmediate(write);
  };
  const session = options.connect({
    name: hostPortOf({ address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }),
    write(frame) {
      if (socket.destroyed) return;
      // Whatever is said in one turn goes out with one system call, and what is said soon after it with another one.
      if (phase === 'idle') gather();
      socket.write(frame);
      if (socket.writableLength <= options.queueBytesMax) return;
      options.slow();
      socket.destroy();
    },
    end: () => socket.end(),
    // Behind the round that sends what was gathered, and another one: an application in this very process must have polled
    // its socket in between.
    afterTurn: (run) => void setTimeout(() => setImmediate(() => setImmediate(() => setImmediate(run))), turnMs),
  });
  if (!session) {
    socket.destroy();
    return;
  }
  socket.on('data', (chunk) => session.receive(chunk));
  socket.on('close', () => session.closed());
}

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroySoon();
  await closed;
}
