// The keeper: opens the node's sockets, never reads them, hands them to its children and brings these back at once.
// Must never do anything that could crash it: its loss is the loss of the node's sockets.

import { fileURLToPath } from 'node:url';
import { messageOf } from '#src/errors';
import { type Clock, systemClock } from '#src/ports';
import { Child, type ChildEnd } from './child.io.ts';
import { type Estate, Heir } from './heir.io.ts';
import type { ChildCard, ChildMessage, Memory } from './keeper.protocol.ts';
import type { KeeperOptions } from './keeper-options.schema.ts';
import { type Lease, Leases } from './leases.io.ts';
import { removeNodeCard, writeNodeCard } from './node-card.io.ts';
import type { NodeCard } from './node-card.schema.ts';
import { openSipSockets, type SipSocket } from './sip-sockets.io.ts';
import { childSwitches } from './switches.ts';

export interface KeeperEvents {
  /** A child ended without having been told to. */
  readonly onChildExit?: (name: 'edge' | 'capture', end: ChildEnd) => void;
  /** The card could not be written: a full disk must not cost the node its sockets. */
  readonly onCardFailed?: (error: unknown) => void;
  /** Every child has said where it is: the node can work. */
  readonly onReady?: (card: NodeCard) => void;
}

const modules = {
  edge: fileURLToPath(new URL('../processes/edge.js', import.meta.url)),
  capture: fileURLToPath(new URL('../processes/capture.js', import.meta.url)),
};

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #events: KeeperEvents;
  readonly #startedAtMs: number;
  readonly #leases: Leases;
  #sip: readonly SipSocket[] = [];
  #edge: Child | undefined;
  #capture: Child | undefined;
  #cards: { edge: ChildCard; capture: ChildCard } = { edge: {}, capture: {} };
  #memory: Memory = { edge: '', capture: '' };
  #phase: 'starting' | 'ready' | 'stopped' = 'starting';

  /** Prepares a keeper; {@link start} opens sockets and forks. */
  constructor(options: KeeperOptions, events: KeeperEvents = {}, clock: Clock = systemClock) {
    this.#options = options;
    this.#events = events;
    this.#startedAtMs = clock.nowMs();
    this.#leases = new Leases(options.rtp);
  }

  /**
   * Opens the SIP sockets, or takes over all that another keeper held, and starts the children. Rejects with the system's
   * error when a SIP address is taken.
   */
  async start(estate?: Estate): Promise<void> {
    const { sip, edge } = this.#options;
    this.#leases.adopt(estate?.leases ?? []);
    if (estate) this.#memory = estate.memory;
    if (edge && sip) this.#sip = estate?.sip ?? (await openSipSockets(sip.listeners, sip.receiveBufferBytes));
    this.#startChildren();
  }

  /**
   * Gives everything to an heir, the keeper program that lies on the disk now; afterwards this keeper holds nothing. Rejects
   * with `keeper-heir-failed`, and goes on, when the heir does not take over. `vacate`: the heir is there and will take the seat.
   */
  async bequeath(vacate: () => void): Promise<void> {
    const heir = await Heir.start();
    await Promise.all([this.#edge?.stop(), this.#capture?.stop()]);
    this.#leases.closeUnused();
    vacate();
    try {
      await heir.take({ sip: this.#sip, leases: this.#leases.all(), memory: this.#memory });
    } catch (error) {
      this.#startChildren();
      throw error;
    }
    this.#phase = 'stopped';
    this.#releaseSockets();
  }

  /** What the card says now. */
  get card(): NodeCard {
    const { node, rtp } = this.#options;
    const { edge, capture } = this.#cards;
    const listeners = this.#sip.map(({ facts: { transport, address, port } }) => ({ transport, address, port }));
    return {
      node,
      startedAtMs: this.#startedAtMs,
      sip: listeners.find(({ transport }) => transport === 'udp') ?? null,
      sipListeners: listeners,
      application: edge.application ?? null,
      signalling: edge.signalling ? { ...edge.signalling } : null,
      rtp: { address: rtp.address, portMin: rtp.portMin, portMax: rtp.portMax },
      controlSocket: capture.controlSocket ?? null,
      pids: { keeper: process.pid, edge: this.#edge?.pid ?? null, capture: this.#capture?.pid ?? null },
      restarts: { edge: this.#edge?.restarts ?? 0, capture: this.#capture?.restarts ?? 0 },
    };
  }

  /** Stops the children in good order, closes the sockets, takes the card away. */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    await Promise.all([this.#edge?.stop(), this.#capture?.stop()]);
    this.#releaseSockets();
    removeNodeCard(this.#options.runDir);
  }

  #releaseSockets(): void {
    this.#leases.closeAll();
    for (const socket of this.#sip) socket.close();
  }

  #startChildren(): void {
    const { edge, capture } = this.#options;
    if (edge && this.#sip.length > 0) this.#edge = this.#fork('edge', edge, (message) => this.#hearEdge(message));
    this.#capture = this.#fork('capture', capture, (message) => this.#hearCapture(message));
    this.#writeCard();
  }

  #fork(
    name: 'edge' | 'capture',
    child: { module?: string | undefined; options?: unknown },
    hear: (message: ChildMessage) => void,
  ): Child {
    return new Child({
      name,
      module: child.module ?? modules[name],
      options: child.options ?? {},
      switches: childSwitches[name],
      onMessage: hear,
      onExit: (end) => {
        this.#cards[name] = {};
        this.#events.onChildExit?.(name, end);
        this.#writeCard();
      },
    });
  }

  #hearEdge(message: ChildMessage): void {
    if (message.type === 'ready') {
      for (const { facts, handle } of this.#sip) this.#edge?.send({ type: 'sip-socket', facts }, handle);
      this.#edge?.send({ type: 'handed', leases: [], memory: this.#memory.edge });
    } else if (message.type === 'remember') this.#memory = { ...this.#memory, edge: message.memory };
    else if (message.type === 'card') this.#hearCard('edge', message.card);
  }

  #hearCapture(message: ChildMessage): void {
    switch (message.type) {
      case 'ready':
        this.#handAll();
        break;
      case 'want-pairs':
        void this.#handPairs(message.pairs);
        break;
      case 'note':
        this.#leases.keepNote(message.lease, message.note);
        break;
      case 'release':
        this.#leases.keepNote(message.lease, '');
        break;
      case 'remember':
        this.#memory = { ...this.#memory, capture: message.memory };
        break;
      case 'card':
        this.#hearCard('capture', message.card);
    }
  }

  #handAll(): void {
    const leases = this.#leases.handOver();
    for (const lease of leases) this.#hand(lease);
    this.#capture?.send({ type: 'handed', leases: leases.map(factsOf), memory: this.#memory.capture });
  }

  async #handPairs(pairs: number): Promise<void> {
    const asker = this.#capture?.pid;
    for (let left = pairs; left > 0; left -= 1) {
      try {
        const lease = await this.#leases.next();
        // Whoever has come meanwhile asks for itself.
        if (this.#capture?.pid !== asker || this.#phase === 'stopped') {
          this.#leases.putBack(lease);
          if (this.#phase === 'stopped') this.#leases.closeUnused();
          return;
        }
        this.#hand(lease);
        this.#capture?.send({ type: 'pair', lease: factsOf(lease) });
      } catch (error) {
        this.#capture?.send({ type: 'pairs-refused', pairs: left, message: messageOf(error) });
        return;
      }
    }
  }

  #hand({ lease, rtp, rtcp }: Lease): void {
    this.#capture?.send({ type: 'lease-socket', lease, role: 'rtp' }, rtp);
    this.#capture?.send({ type: 'lease-socket', lease, role: 'rtcp' }, rtcp);
  }

  #hearCard(name: 'edge' | 'capture', card: ChildCard): void {
    this.#cards[name] = card;
    this.#writeCard();
    const ready = this.#cards.capture.controlSocket && (!this.#edge || this.#cards.edge.application);
    if (!ready || this.#phase !== 'starting') return;
    this.#phase = 'ready';
    this.#events.onReady?.(this.card);
  }

  #writeCard(): void {
    if (this.#phase === 'stopped') return;
    try {
      writeNodeCard(this.#options.runDir, this.card);
    } catch (error) {
      this.#events.onCardFailed?.(error);
    }
  }
}

function factsOf({ lease, address, rtpPort, rtcpPort, note }: Lease) {
  return { lease, address, rtpPort, rtcpPort, note };
}
