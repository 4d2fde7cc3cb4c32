// A child's side of the keeper: its sockets come from here, its orders to stop, and its end when the keeper is gone.

import type { Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SocketLease, SocketSource } from '#src/media/capture';
import type { SipListener } from '#src/sip';
import { HandedPair } from './handed-pair.io.ts';
import type { ChildCard, ChildMessage, KeeperMessage, LeaseFacts } from './keeper.protocol.ts';
import { ReadyPairs } from './ready-pairs.ts';
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

/** The end of the keeper's channel in a child. Make it first thing: it ends the process when the keeper is gone. */
export class KeeperLink implements SocketSource {
  readonly #sockets = new Map<number, { rtp?: Socket; rtcp?: Socket }>();
  readonly #pairs = new ReadyPairs<HandedPair>((pairs) => void this.#send({ type: 'want-pairs', pairs }));
  readonly #handed: Promise<Handed>;
  #hand: (handed: Handed) => void = () => {};
  readonly #sip: HandedSipSocket[] = [];
  readonly #outbox: ChildMessage[] = [];
  #sent: Promise<void> | undefined;
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

  /** Has so many socket pairs ready ahead of need from now on, as far as there are ports. */
  keepReady(pairs: number): void {
    this.#pairs.keep(pairs);
  }

  async lease(): Promise<SocketLease> {
    const pair = await this.#pairs.take();
    pair.wake();
    return pair;
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
      case 'pair': {
        const pair = this.#pairOf(message.lease);
        pair.rest();
        this.#pairs.add(pair);
        break;
      }
      case 'pairs-refused':
        this.#pairs.refused(message.pairs, message.message);
        break;
      case 'handed': {
        const leases = message.leases.map((facts) => Object.assign(this.#pairOf(facts), { note: facts.note }));
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

  #pairOf(facts: LeaseFacts): HandedPair {
    const { rtp, rtcp } = this.#sockets.get(facts.lease) ?? {};
    this.#sockets.delete(facts.lease);
    if (!rtp || !rtcp) throw new Error(`the keeper named lease ${facts.lease} without its sockets`);
    const send = (message: ChildMessage) => this.#send(message);
    return new HandedPair({ facts, rtp, rtcp, send, onReleased: (pair) => this.#pairs.give(pair) });
  }

  // Resolves when the message is in the channel: it then outlives this process. All that is said in one turn of the event
  // loop goes in one piece, as each wakes the keeper. A channel that is gone ends the process.
  #send(message: ChildMessage): Promise<void> {
    this.#outbox.push(message);
    this.#sent ??= nextTurn().then(() => {
      const messages = this.#outbox.splice(0);
      this.#sent = undefined;
      return new Promise((resolve) => {
        if (process.connected) process.send?.(messages, undefined, undefined, () => resolve());
      });
    });
    return this.#sent;
  }
}

function sipSocketOf({ transport, advertisedAddress }: SipListener, handle: Socket | object): HandedSipSocket {
  const advertised = advertisedAddress === undefined ? {} : { advertisedAddress };
  if (transport !== 'udp') return { transport, handle, ...advertised };
  return { transport, socket: readWhenListened(handle as Socket), ...advertised };
}
