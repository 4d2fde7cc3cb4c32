// A child's side of the keeper: its sockets come from here, its orders to stop, and its end when the keeper is gone.

import type { Socket } from 'node:dgram';
import { TwinreelError } from '#src/errors';
import type { SocketLease, SocketSource } from '#src/media/capture';
import type { SipListener } from '#src/sip';
import type { ChildCard, ChildMessage, KeeperMessage, LeaseFacts } from './keeper.protocol.ts';
import { readWhenListened } from './unread-socket.io.ts';

/** A SIP socket of the keeper. */
export type HandedSipSocket = {
  readonly advertisedAddress?: string;
} /** It is read from when its first 'message' listener is added, so nothing is missed before. */ & (
  | { readonly transport: 'udp'; readonly socket: Socket }
  /** Connections wait until somebody listens at the handle. */
  | { readonly transport: 'tcp' | 'tls'; readonly handle: object }
);

/** What the keeper kept for this child. */
export interface Handed {
  /** edge: the SIP sockets, in the order of the listeners. */
  readonly sip: readonly HandedSipSocket[];
  /** capture: the sockets of streams that ran when its predecessor ended, each with its note. */
  readonly leases: readonly (SocketLease & { readonly note: string })[];
  /** What its predecessor asked to remember; '' at first. */
  readonly memory: string;
}

interface Asker {
  readonly resolve: (lease: SocketLease) => void;
  readonly reject: (error: Error) => void;
}

/** The end of the keeper's channel in a child. Make it first thing: it ends the process when the keeper is gone. */
export class KeeperLink implements SocketSource {
  readonly #sockets = new Map<number, { rtp?: Socket; rtcp?: Socket }>();
  readonly #askers = new Map<number, Asker>();
  readonly #handed: Promise<Handed>;
  #hand: (handed: Handed) => void = () => {};
  readonly #sip: HandedSipSocket[] = [];
  #lastRequest = 0;
  #onStop: () => void = () => process.exit(0);

  constructor() {
    if (!process.send) throw new Error('this process runs as a child of the keeper only');
    this.#handed = new Promise((resolve) => {
      this.#hand = resolve;
    });
    process.on('message', (message, handle) => this.#hear(message as KeeperMessage, handle as Socket | undefined));
    // The keeper held the sockets: without it the node has failed, and another node takes over.
    process.once('disconnect', () => process.exit(1));
  }

  /** Says that this child is set up and gets what was kept for it. */
  async receive(): Promise<Handed> {
    await this.#send({ type: 'ready' });
    return this.#handed;
  }

  /** Adds to the node's card; replaces what this child reported before. */
  async report(card: ChildCard): Promise<void> {
    await this.#send({ type: 'card', card });
  }

  /** What to do when the keeper asks this child to stop, or the system does; then the process exits with 0. */
  onStop(stop: () => Promise<void>): void {
    let stopping = false;
    this.#onStop = () => {
      if (stopping) return;
      stopping = true;
      void stop().finally(() => process.exit(0));
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#onStop());
  }

  async lease(rtcpMux: boolean): Promise<SocketLease> {
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    const answer = new Promise<SocketLease>((resolve, reject) => this.#askers.set(request, { resolve, reject }));
    await this.#send({ type: 'lease', request, rtcpMux });
    return answer;
  }

  remember(memory: string): Promise<void> {
    return this.#send({ type: 'remember', memory });
  }

  #hear(message: KeeperMessage, handle: Socket | undefined): void {
    switch (message.type) {
      case 'sip-socket':
        if (handle) this.#sip.push(sipSocketOf(message.facts, handle));
        break;
      case 'lease-socket':
        if (handle) this.#keep(message.lease, message.role, readWhenListened(handle));
        break;
      case 'leased':
        this.#take(message.request)?.resolve(this.#leaseOf(message.lease));
        break;
      case 'lease-refused':
        this.#take(message.request)?.reject(new TwinreelError('rtp-ports-exhausted', message.message));
        break;
      case 'handed': {
        const leases = message.leases.map((facts) => Object.assign(this.#leaseOf(facts), { note: facts.note }));
        this.#hand({ sip: this.#sip, leases, memory: message.memory });
        break;
      }
      case 'stop':
        this.#onStop();
    }
  }

  #keep(lease: number, role: 'rtp' | 'rtcp', socket: Socket): void {
    this.#sockets.set(lease, { ...this.#sockets.get(lease), [role]: socket });
  }

  #take(request: number): Asker | undefined {
    const asker = this.#askers.get(request);
    this.#askers.delete(request);
    return asker;
  }

  #leaseOf(facts: LeaseFacts): SocketLease {
    const { lease, address, rtpPort, rtcpPort } = facts;
    const { rtp, rtcp } = this.#sockets.get(lease) ?? {};
    this.#sockets.delete(lease);
    if (!rtp) throw new Error(`the keeper named lease ${lease} without its socket`);
    return {
      address,
      rtpPort,
      rtcpPort,
      rtp,
      rtcp,
      keepNote: (note) => this.#send({ type: 'note', lease, note }),
      release: () => {
        rtp.close();
        rtcp?.close();
        void this.#send({ type: 'release', lease });
      },
    };
  }

  // Resolves when the message is in the channel: it then outlives this process. A channel that is gone ends the process.
  #send(message: ChildMessage): Promise<void> {
    return new Promise((resolve) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    });
  }
}

function sipSocketOf({ transport, advertisedAddress }: SipListener, handle: Socket | object): HandedSipSocket {
  const advertised = advertisedAddress === undefined ? {} : { advertisedAddress };
  if (transport !== 'udp') return { transport, handle, ...advertised };
  return { transport, socket: readWhenListened(handle as Socket), ...advertised };
}
