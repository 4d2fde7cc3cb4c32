// Where capture's sockets come from, as a port: the keeper, which holds them beyond capture's own life.

import type { Socket } from 'node:dgram';

/** The sockets of one stream. They are read from when their first 'message' listener is added. */
export interface SocketLease {
  readonly address: string;
  readonly rtpPort: number;
  /** The RTP port when RTCP shares it. */
  readonly rtcpPort: number;
  readonly rtp: Socket;
  readonly rtcp: Socket | undefined;
  /** Keeps what a successor of this process must know about the stream; once it resolves, kill -9 cannot take it. */
  keepNote(note: string): Promise<void>;
  /** Closes the sockets for good. */
  release(): void;
}

export interface SocketSource {
  /** Throws TwinreelError `rtp-ports-exhausted`. */
  lease(rtcpMux: boolean): Promise<SocketLease>;
  /** Keeps what a successor must know beside the streams. */
  remember(memory: string): Promise<void>;
}
