// A pair of RTP sockets in the child that reads them. Between two streams what arrives is read and dropped, so that a
// stream never begins with what was meant for the one before.

import type { Socket } from 'node:dgram';
import type { SocketLease } from '#src/media/capture';
import type { ChildMessage, LeaseFacts } from './keeper.protocol.ts';
import type { ReadyPair } from './ready-pairs.ts';

export interface HandedPairOptions {
  readonly facts: LeaseFacts;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  /** Resolves when the message is in the channel. */
  readonly send: (message: ChildMessage) => Promise<void>;
  readonly onReleased: (pair: HandedPair) => void;
}

export class HandedPair implements SocketLease, ReadyPair {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  heard = false;
  readonly #lease: number;
  readonly #send: HandedPairOptions['send'];
  readonly #onReleased: HandedPairOptions['onReleased'];
  readonly #drop = () => {
    this.heard = true;
  };

  constructor({ facts, rtp, rtcp, send, onReleased }: HandedPairOptions) {
    this.address = facts.address;
    this.rtpPort = facts.rtpPort;
    this.rtcpPort = facts.rtcpPort;
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.#lease = facts.lease;
    this.#send = send;
    this.#onReleased = onReleased;
    // One that fails while nobody uses it fails again when somebody does.
    for (const socket of [rtp, rtcp]) socket.on('error', () => {});
  }

  /** No stream uses it: what comes is dropped. */
  rest(): void {
    for (const socket of [this.rtp, this.rtcp]) socket.on('message', this.#drop);
  }

  /** A stream is going to use it. */
  wake(): void {
    for (const socket of [this.rtp, this.rtcp]) socket.off('message', this.#drop);
  }

  keepNote(note: string): Promise<void> {
    return this.#send({ type: 'note', lease: this.#lease, note });
  }

  release(): void {
    void this.#send({ type: 'release', lease: this.#lease });
    this.rest();
    this.#onReleased(this);
  }
}
