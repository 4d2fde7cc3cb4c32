// The RTP sockets of a node, in pairs: those of running streams, each with the note that tells a restarted capture what it was
// doing, and those that no stream uses.

import type { Socket } from 'node:dgram';
import { TwinreelError } from '#src/errors';
import { systemRandom } from '#src/ports';
import type { LeaseFacts } from './keeper.protocol.ts';
import { PortPairs, type PortRange } from './port-pairs.ts';
import { openUnreadSocket } from './unread-socket.io.ts';

export interface LeaseOptions extends PortRange {
  readonly address: string;
  /** Pairs open at once, used or not. */
  readonly pairsMax: number;
  /** Buffer of each socket: at least 1 s of its streams. */
  readonly receiveBufferBytes: number;
}

export interface Lease extends LeaseFacts {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  note: string;
}

export class Leases {
  readonly #options: LeaseOptions;
  readonly #pairs: PortPairs;
  readonly #leases = new Map<number, Lease>();
  /** Those of no stream that the present child does not have. */
  readonly #idle = new Set<Lease>();
  /** The RTP ports of all leases, and of those being opened. */
  readonly #ports = new Set<number>();
  #last = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    // To the ports of a keeper that was killed somebody sends yet.
    this.#pairs = new PortPairs(options, systemRandom.fraction());
  }

  /** A pair of no stream that the child does not have yet; busy ports are passed over. Throws TwinreelError `rtp-ports-exhausted`. */
  async next(): Promise<Lease> {
    for (const lease of this.#idle) {
      this.#idle.delete(lease);
      return lease;
    }
    const { address, portMin, portMax, pairsMax } = this.#options;
    for (let attempt = 0; attempt < this.#pairs.count && this.#leases.size < pairsMax; attempt += 1) {
      const port = this.#pairs.next();
      const lease = this.#ports.has(port) ? undefined : await this.#tryPair(port);
      if (lease) return lease;
    }
    const open = this.#leases.size;
    const message = `no free port pair on ${address} between ${portMin} and ${portMax}; ${open} of at most ${pairsMax} are open`;
    throw new TwinreelError('rtp-ports-exhausted', message, { address, portMin, portMax, open, pairsMax });
  }

  /** Takes over leases that another keeper opened. */
  adopt(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#leases.set(lease.lease, lease);
      this.#ports.add(lease.rtpPort);
      this.#last = Math.max(this.#last, lease.lease);
    }
  }

  /** One that {@link next} gave did not reach the child. */
  putBack(lease: Lease): void {
    this.#idle.add(lease);
  }

  /** Leases in the order they were opened. */
  all(): readonly Lease[] {
    return [...this.#leases.values()];
  }

  /** For a child that has nothing yet: those of running streams. The others are given by {@link next}. */
  handOver(): readonly Lease[] {
    for (const lease of this.#leases.values()) if (lease.note === '') this.#idle.add(lease);
    return this.all().filter(({ note }) => note !== '');
  }

  /** Keeps a note; a lease that is gone is passed over. */
  keepNote(lease: number, note: string): void {
    const known = this.#leases.get(lease);
    if (known) known.note = note;
  }

  /** Closes the sockets of those that no stream uses. */
  closeUnused(): void {
    for (const lease of this.all()) if (lease.note === '') this.#close(lease);
  }

  closeAll(): void {
    for (const lease of this.all()) this.#close(lease);
  }

  #close(lease: Lease): void {
    this.#leases.delete(lease.lease);
    this.#idle.delete(lease);
    this.#ports.delete(lease.rtpPort);
    lease.rtp.close();
    lease.rtcp.close();
  }

  async #tryPair(port: number): Promise<Lease | undefined> {
    const { address, receiveBufferBytes } = this.#options;
    this.#ports.add(port);
    const sockets = await openPair(address, port, receiveBufferBytes).catch((error: unknown) => {
      this.#ports.delete(port);
      throw error;
    });
    if (!sockets) {
      this.#ports.delete(port);
      return undefined;
    }
    this.#last += 1;
    const lease = { lease: this.#last, address, rtpPort: port, rtcpPort: port + 1, note: '', ...sockets };
    this.#leases.set(lease.lease, lease);
    return lease;
  }
}

/** Both or, when one is taken, none. */
async function openPair(
  address: string,
  port: number,
  receiveBufferBytes: number,
): Promise<Pick<Lease, 'rtp' | 'rtcp'> | undefined> {
  const rtp = await openIfFree({ address, port, receiveBufferBytes });
  const rtcp = rtp && (await openIfFree({ address, port: port + 1, receiveBufferBytes }));
  if (rtp && rtcp) return { rtp, rtcp };
  rtp?.close();
  return undefined;
}

async function openIfFree(options: Parameters<typeof openUnreadSocket>[0]): Promise<Socket | undefined> {
  try {
    return await openUnreadSocket(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
