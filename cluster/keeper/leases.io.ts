// The RTP sockets of running streams, each with the note that tells a restarted capture what it was doing.

import type { Socket } from 'node:dgram';
import { TwinreelError } from '#src/errors';
import type { LeaseFacts } from './keeper.protocol.ts';
import { PortPairs, type PortRange } from './port-pairs.ts';
import { openUnreadSocket } from './unread-socket.io.ts';

export interface LeaseOptions extends PortRange {
  readonly address: string;
  /** Buffer of each socket: at least 1 s of its streams. */
  readonly receiveBufferBytes: number;
}

export interface Lease extends LeaseFacts {
  readonly rtp: Socket;
  /** Absent when RTCP shares the RTP port. */
  readonly rtcp: Socket | undefined;
  note: string;
}

export class Leases {
  readonly #options: LeaseOptions;
  readonly #pairs: PortPairs;
  readonly #leases = new Map<number, Lease>();
  #last = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#pairs = new PortPairs(options);
  }

  /** Opens the next free pair; busy ports are passed over. Throws TwinreelError `rtp-ports-exhausted` when none is left. */
  async open(rtcpMux: boolean): Promise<Lease> {
    for (let attempt = 0; attempt < this.#pairs.count; attempt += 1) {
      const lease = await this.#tryPair(this.#pairs.next(), rtcpMux);
      if (lease) return lease;
    }
    const { address, portMin, portMax } = this.#options;
    const message = `no free port pair on ${address} between ${portMin} and ${portMax}; ${this.#leases.size} are leased`;
    throw new TwinreelError('rtp-ports-exhausted', message, { address, portMin, portMax, leased: this.#leases.size });
  }

  /** Takes over leases that another keeper opened. */
  adopt(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#leases.set(lease.lease, lease);
      this.#last = Math.max(this.#last, lease.lease);
    }
  }

  /** Leases in the order they were opened. */
  all(): readonly Lease[] {
    return [...this.#leases.values()];
  }

  /** Keeps a note; a lease that is gone is passed over. */
  keepNote(lease: number, note: string): void {
    const known = this.#leases.get(lease);
    if (known) known.note = note;
  }

  release(lease: number): void {
    const known = this.#leases.get(lease);
    this.#leases.delete(lease);
    known?.rtp.close();
    known?.rtcp?.close();
  }

  /** Releases what a child that died had leased and not yet described: nobody knows what it was for. */
  releaseUndescribed(): void {
    for (const { lease, note } of this.all()) if (note === '') this.release(lease);
  }

  releaseAll(): void {
    for (const { lease } of this.all()) this.release(lease);
  }

  async #tryPair(port: number, rtcpMux: boolean): Promise<Lease | undefined> {
    const { address, receiveBufferBytes } = this.#options;
    const rtp = await openIfFree({ address, port, receiveBufferBytes });
    if (!rtp) return undefined;
    const rtcp = rtcpMux ? undefined : await openIfFree({ address, port: port + 1, receiveBufferBytes });
    if (!rtcpMux && !rtcp) {
      rtp.close();
      return undefined;
    }
    this.#last += 1;
    const lease = {
      lease: this.#last,
      address,
      rtpPort: port,
      rtcpPort: rtcpMux ? port : port + 1,
      note: '',
      rtp,
      rtcp,
    };
    this.#leases.set(lease.lease, lease);
    return lease;
  }
}

async function openIfFree(options: Parameters<typeof openUnreadSocket>[0]): Promise<Socket | undefined> {
  try {
    return await openUnreadSocket(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
