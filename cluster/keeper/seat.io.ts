// The keeper's seat: a Unix socket in the run folder at which the one keeper of a node listens. Who comes while it is taken
// attends: waits until the keeper has gone, and passes on orders. So a new process manager, which cannot adopt processes of
// its predecessor, manages a keeper that goes on holding its sockets.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

/** What may be asked of a keeper. */
export interface KeeperOrders {
  /** To end in good order, and its children with it. */
  stop(): void;
  /** To leave everything to an heir: the program that lies on the disk now. */
  reload(): void;
}

/** The keeper that has the seat, seen by one that came later. */
export interface SeatedKeeper extends KeeperOrders {
  /** Resolves when it has gone, in whatever way. */
  readonly gone: Promise<void>;
}

/** A seat taken by this process. */
export interface Seat {
  /** Makes it free for an heir; who attends stays. */
  vacate(): void;
  /** Sends away who attends: they find the heir. */
  dismiss(): void;
}

const orderNames = ['stop', 'reload'] as const satisfies (keyof KeeperOrders)[];

/** The keeper that has the seat of this run folder; undefined when it is free. */
export function seatedKeeper(runDir: string): Promise<SeatedKeeper | undefined> {
  return new Promise((resolve) => {
    const connection = createConnection(pathOf(runDir));
    connection.once('error', () => resolve(undefined));
    connection.once('connect', () => {
      const gone = new Promise<void>((left) => void connection.once('close', () => left()));
      connection.resume();
      const order = (name: keyof KeeperOrders) => void connection.write(`${name}\n`);
      resolve({ gone, stop: () => order('stop'), reload: () => order('reload') });
    });
  });
}

/** Takes the seat that nobody has; what a killed keeper left of it is replaced. Rejects with the system's error. */
export async function takeSeat(runDir: string, orders: KeeperOrders): Promise<Seat> {
  const path = pathOf(runDir);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  rmSync(path, { force: true });
  const attendants = new Set<Socket>();
  const server = createServer((attendant) => {
    attendants.add(attendant);
    attendant.on('error', () => {}); // 'close' follows; an attendant that ends changes nothing
    attendant.on('close', () => attendants.delete(attendant));
    hear(attendant, orders);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    // Closing takes the socket's name away, so it has to be done before somebody else listens under that name.
    vacate: () => void server.close(),
    dismiss() {
      for (const attendant of attendants) attendant.destroy();
    },
  };
}

function hear(attendant: Socket, orders: KeeperOrders): void {
  let said = '';
  attendant.setEncoding('utf8');
  attendant.on('data', (text: string) => {
    const lines = (said + text).split('\n');
    said = lines.pop()!.slice(0, lineCharactersMax);
    for (const name of orderNames) if (lines.includes(name)) orders[name]();
  });
}

const lineCharactersMax = 100;

function pathOf(runDir: string): string {
  return join(runDir, 'keeper', 'seat');
}
