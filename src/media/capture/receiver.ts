// How the sockets of streams are read, as a port: by Node, one call for each datagram, or all of them in one go. Streams behave
// the same either way.

import type { Socket } from 'node:dgram';
import type { Peer } from './control.schema.ts';
import type { OrderedRun } from './ordered-runs.ts';

/** What becomes of the datagrams of a socket. */
export interface DatagramListener {
  /** The bytes are the listener's from now on. `atUs`: arrival, µs since 1970. */
  hear(datagram: Buffer, address: string, port: number, atUs: number): void;
  failed(reason: string): void;
}

/** Looks at a datagram where it lies, and counts it, when it goes into the journal as it is. */
export interface Passage {
  /** False: nothing has happened, its listener is to hear it. */
  passes(bytes: Uint8Array, at: number, length: number): boolean;
  /** From now on packets that follow each other may pass without being asked for, and count there; undefined: not any more. */
  runsIn(run: OrderedRun | undefined): void;
}

/** A socket that is being read. */
export interface Listening {
  /** RTP from there may be asked to pass into the journal, as `stream` of its records, before it is heard. */
  expect(source: Peer, stream: number, passage: Passage): void;
  forget(source: Peer): void;
  /** Reads what has arrived there, where that can be done at once. */
  readNow(): void;
  /** Resolves when what had arrived there is read. `seen`: datagrams counted by whoever asks. */
  drain(seen: () => number): Promise<void>;
  /** Comes before the socket is closed or given back. */
  stop(): void;
}

export interface Receiver {
  listen(socket: Socket, listener: DatagramListener): Listening;
  /** Reads what has arrived anywhere, where that can be done at once. */
  readNow(): void;
  end(): void;
}
