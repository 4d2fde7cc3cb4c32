// Sends RTP and keeps the ledger that judges what was recorded: each payload carries stream and counter.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildRtp } from '#src/media';
import { freeUdpPorts } from '../../../harness/ports.ts';

export interface Target {
  readonly address: string;
  readonly rtpPort: number;
}

export class LedgerSender {
  readonly #socket: Socket;
  readonly #sent = new Map<string, number>();

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** At a port of its own, with nobody at the next one: those who share sockets take ports side by side for one sender's. */
  static async open(): Promise<LedgerSender> {
    const socket = createSocket('udp4');
    socket.bind(await freeUdpPorts(2), '127.0.0.1');
    await once(socket, 'listening');
    return new LedgerSender(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends the stream's next packet; resolves when the kernel has it. */
  send(stream: string, target: Target): Promise<void> {
    const count = this.#sent.get(stream) ?? 0;
    this.#sent.set(stream, count + 1);
    const fields = { payloadType: 0, sequence: count, timestamp: count * 160, ssrc: 1 };
    return this.sendRaw(buildRtp(fields, Buffer.from(`${stream} ${count}`)), target);
  }

  sendRaw(bytes: Buffer, { address, rtpPort }: Target): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, rtpPort, address, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Payloads sent for a stream, in order. */
  ledger(stream: string): string[] {
    return Array.from({ length: this.#sent.get(stream) ?? 0 }, (_, count) => `${stream} ${count}`);
  }

  close(): void {
    this.#socket.close();
  }
}
