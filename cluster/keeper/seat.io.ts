// The keeper's seat: a Unix socket in the run folder at which the one keeper of a node listens. Who comes while it is taken
// attends: waits until the keeper has gone, and passes on an order to stop. So a new process manager, which cannot adopt
// processes of its predecessor, manages a keeper that goes on holding its sockets.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

/** The keeper that has the seat, seen by one that came later. */
export interface SeatedKeeper {
  /** Resolves when it has gone, in whatever way. */
  readonly gone: Promise<void>;
  /** Asks it to stop in good order. */
  stop(): void;
}

const stopOrder = 'stop\n';

/** The keeper that has the seat of this run folder; undefined when it is free. */
export function seatedKeeper(runDir: string): Promise<SeatedKeeper | undefined> {
  return new Promise((resolve) => {
    const connection = createConnection(pathOf(runDir));
    connection.once('error', () => resolve(undefined));
    connection.once('connect', () => {
      const gone = new Promise<void>((left) => void connection.once('close', () => left()));
      connection.resume();
      resolve({ gone, stop: () => connection.write(stopOrder) });
    });
  });
}

/** Takes the seat, which must be free: a socket that a killed keeper left is replaced. `onStop`: somebody who attends asks for it. */
export async function takeSeat(runDir: string, onStop: () => void): Promise<Server> {
  const path = pathOf(runDir);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  rmSync(path, { force: true });
  const server = createServer((attendant) => hear(attendant, onStop));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

function hear(attendant: Socket, onStop: () => void): void {
  let said = '';
  attendant.on('error', () => {}); // 'close' follows; an attendant that ends changes nothing
  attendant.setEncoding('utf8');
  attendant.on('data', (text: string) => {
    said = (said + text).slice(-stopOrder.length);
    if (said === stopOrder) onStop();
  });
}

function pathOf(runDir: string): string {
  return join(runDir, 'keeper', 'seat');
}
