// Where capture's sockets come from, as a port: the keeper, which holds them beyond capture's own life.

import type { Socket } from 'node:dgram';

/** The sockets of one stream. They are read from when their first 'message' listener is added. */
export interface SocketLease {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  /** Keeps what a successor of this process must know about the stream; once it resolves, kill -9 cannot take it. */
  keepNote(note: string): Promise<void>;
  /** The stream is over: the sockets go to another one, later. Listeners have to be taken off before. */
  release(): void;
}

export interface SocketSource {
  /** What arrived at them before is gone. Throws TwinreelError `rtp-ports-exhausted`. */
  lease(): Promise<SocketLease>;
  /** Keeps what a successor must know beside the streams. */
  remember(memory: string): Promise<void>;
}
