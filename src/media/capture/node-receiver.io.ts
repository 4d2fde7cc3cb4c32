// Reads sockets as Node does: an event for each datagram.

import type { RemoteInfo, Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#src/ports';
import type { DatagramListener, Listening, Receiver } from './receiver.ts';

const drainTurnsMax = 64;
const drainQuietTurns = 3;

export class NodeReceiver implements Receiver {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listen(socket: Socket, listener: DatagramListener): Listening {
    const onMessage = (datagram: Buffer, { address, port }: RemoteInfo) =>
      listener.hear(datagram, address, port, this.#clock.nowMs() * 1000);
    const onError = (error: Error) => listener.failed(error.message);
    socket.on('message', onMessage).on('error', onError);
    return {
      expect() {},
      forget() {},
      readNow() {},
      drain,
      stop: () => void socket.off('message', onMessage).off('error', onError),
    };
  }

  readNow(): void {}

  end(): void {}
}

/** Turns of the event loop until some in a row bring nothing new. */
async function drain(seen: () => number): Promise<void> {
  // One alone says little, as a turn may end before it looks at the sockets; bounded, as a peer may send without end.
  let quietTurns = 0;
  for (let turn = 0; turn < drainTurnsMax && quietTurns < drainQuietTurns; turn += 1) {
    const before = seen();
    await nextTurn();
    quietTurns = seen() === before ? quietTurns + 1 : 0;
  }
}
