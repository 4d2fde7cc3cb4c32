// Fetches the finished recordings of all nodes into a store: what a node says is new, and now and then whatever it has that this
// store has not confirmed, which is how a node that was away, or a receipt that was lost, comes right.

import { codeOf, messageOf } from '#src/errors';
import type { Timer } from '#src/ports';
import { type ArrivalOptions, arrive } from './arrival.io.ts';
import { NodeLink, type NodeLinkOptions, type NodePlace } from './node-link.io.ts';
import { listedMax, type Place } from './transfer.schema.ts';

export interface FetcherOptions extends NodeLinkOptions, ArrivalOptions {
  /** Nodes that are always dialled. */
  readonly fixed: readonly NodePlace[];
  /** Recordings on their way at a time. */
  readonly transfersMax: number;
  /** How often nodes are asked for what was never confirmed. */
  readonly relistMs: number;
}

/** What waits here at the most; the rest waits in lists that are not asked for yet. */
const waitingMax = 2_000;

interface Waiting {
  readonly place: Place;
  readonly node: NodeLink;
}

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #nodes = new Map<string, NodeLink>();
  #waiting: Waiting[] = [];
  /** Takes that wait or are on their way; `coming-again`: there was news of it since it set out. */
  readonly #underWay = new Map<string, 'waiting' | 'coming' | 'coming-again'>();
  readonly #listing = new Set<NodeLink>();
  /** Nodes with more than could wait, and up to where they have been listed. */
  readonly #unlisted = new Map<NodeLink, Place | undefined>();
  #running = 0;
  #relist: Timer;
  #phase: 'open' | 'closed' = 'open';
  #figures = { arrived: 0, failed: 0 };

  constructor(options: FetcherOptions) {
    this.#options = options;
    for (const place of options.fixed) this.#dial(place);
    this.#relist = this.#nextRelist();
  }

  /** Nodes that were found. One that is not found any more keeps its link: Redis away is no evidence of anything. */
  found(places: readonly NodePlace[]): void {
    for (const place of places) this.#dial(place);
  }

  get figures(): {
    readonly nodes: number;
    readonly arriving: number;
    readonly arrived: number;
    readonly failed: number;
  } {
    const nodes = [...this.#nodes.values()].filter((node) => node.isLinked).length;
    return { nodes, arriving: this.#underWay.size, ...this.#figures };
  }

  close(): void {
    this.#phase = 'closed';
    this.#relist.cancel();
    this.#waiting = [];
    for (const node of this.#nodes.values()) node.close();
  }

  #dial(place: NodePlace): void {
    const name = `${place.host}:${place.port}`;
    if (this.#phase === 'closed' || this.#nodes.has(name)) return;
    const node: NodeLink = new NodeLink(place, this.#options, {
      linked: () => void this.#list(node),
      finished: (places) => {
        for (const one of places) this.#want(one, node);
      },
      lost: () => {
        this.#unlisted.delete(node);
        for (const one of this.#waiting.filter((waiting) => waiting.node === node))
          this.#underWay.delete(one.place.take);
        this.#waiting = this.#waiting.filter((one) => one.node !== node);
      },
    });
    this.#nodes.set(name, node);
  }

  /** Everything that was not confirmed, a page at a time. */
  async #list(node: NodeLink, from?: Place): Promise<void> {
    if (this.#listing.has(node)) return;
    this.#listing.add(node);
    this.#unlisted.delete(node);
    try {
      let after = from;
      for (let more = true; more; ) {
        if (this.#waiting.length + listedMax > waitingMax) {
          this.#unlisted.set(node, after);
          return;
        }
        const listed = await node.list(after);
        for (const place of listed.places) this.#want(place, node);
        after = listed.places.at(-1) ?? after;
        more = listed.more;
      }
    } catch (error) {
      this.#options.log.warn({ node: node.place, error: messageOf(error) }, 'a node could not list its recordings');
    } finally {
      this.#listing.delete(node);
    }
  }

  #want(place: Place, node: NodeLink): void {
    if (this.#phase === 'closed') return;
    const phase = this.#underWay.get(place.take);
    // Its media may have been destroyed meanwhile.
    if (phase === 'coming') this.#underWay.set(place.take, 'coming-again');
    if (phase || this.#waiting.length >= waitingMax) return;
    this.#underWay.set(place.take, 'waiting');
    this.#waiting.push({ place, node });
    this.#next();
  }

  #next(): void {
    while (this.#running < this.#options.transfersMax) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#running += 1;
      const { take } = next.place;
      this.#underWay.set(take, 'coming');
      void this.#fetch(next).finally(() => {
        this.#running -= 1;
        const phase = this.#underWay.get(take);
        this.#underWay.delete(take);
        if (phase === 'coming-again') this.#want(next.place, next.node);
        this.#next();
        if (this.#waiting.length < listedMax) for (const [node, after] of this.#unlisted) void this.#list(node, after);
      });
    }
  }

  async #fetch({ place, node }: Waiting): Promise<void> {
    const { log } = this.#options;
    try {
      const how = await arrive(place, node, this.#options);
      if (how === 'arrived') this.#figures.arrived += 1;
    } catch (error) {
      // Asked for again with the next list.
      if (codeOf(error) === 'link-lost') return;
      this.#figures.failed += 1;
      log.warn({ ...place, alarm: 'transfer-failed', error: messageOf(error) }, 'a recording could not be fetched');
    }
  }

  #nextRelist(): Timer {
    return this.#options.clock.after(this.#options.relistMs, () => {
      for (const node of this.#nodes.values()) if (node.isLinked) void this.#list(node);
      this.#relist = this.#nextRelist();
    });
  }
}
