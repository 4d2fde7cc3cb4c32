// Where a stream sits: on sockets of its own, or at a place on sockets that others use too.

import type { DatagramListener, Listening, Receiver } from './receiver.ts';
import type { SocketLease } from './sockets.ts';

export interface Seat {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** Has its datagrams heard from now on; what is to pass unheard is expected at what is given back. */
  listen(listener: DatagramListener, rtcpMux: boolean): Omit<Listening, 'stop'>;
  /** Keeps what a successor of this process must know about the stream; once it resolves, kill -9 cannot take it. */
  keepNote(note: string): Promise<void>;
  /** The stream is over. */
  release(): void;
  /** This process lets go of the sockets, which stay with the keeper. */
  leave(): void;
}

/** A pair of sockets for one stream. */
export function ownSeat(lease: SocketLease, receiver: Receiver): Seat {
  let listening: readonly Listening[] = [];
  const stop = () => {
    for (const one of listening) one.stop();
  };
  return {
    address: lease.address,
    rtpPort: lease.rtpPort,
    rtcpPort: lease.rtcpPort,
    listen(listener, rtcpMux) {
      // RTCP that shares the port of RTP leaves the other socket of the pair without a use.
      const sockets = rtcpMux ? [lease.rtp] : [lease.rtp, lease.rtcp];
      listening = sockets.map((socket) => receiver.listen(socket, listener));
      return asOne(listening);
    },
    keepNote: (note) => lease.keepNote(note),
    release() {
      stop();
      lease.release();
    },
    leave() {
      stop();
      for (const socket of [lease.rtp, lease.rtcp]) socket.close();
    },
  };
}

/** Sockets as one: what is expected comes to the first of them, that of RTP. */
export function asOne(listening: readonly Listening[]): Omit<Listening, 'stop'> {
  const rtp = listening[0]!;
  return {
    expect: (source, stream, passage) => rtp.expect(source, stream, passage),
    forget: (source) => rtp.forget(source),
    readNow() {
      for (const one of listening) one.readNow();
    },
    async drain(seen) {
      await Promise.all(listening.map((one) => one.drain(seen)));
    },
  };
}
