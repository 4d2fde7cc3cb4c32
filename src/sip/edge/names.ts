// Host names of peers and their addresses (RFC 3263 §4.2, A and AAAA only): looked up once for everybody who asks, and
// remembered for a while, also when nobody knows them. Bounded in number.

import type { Clock } from '#src/ports';

/** Where names are looked up. */
export interface Resolver {
  /** The first address of the family, and for how long it holds; undefined when there is none or nobody answers in time. */
  resolve(host: string, family: 4 | 6): Promise<{ readonly address: string; readonly ttlSeconds: number } | undefined>;
  close(): void;
}

/** Nobody knows any name. */
export const noResolver: Resolver = { resolve: async () => undefined, close: () => {} };

type Found = (address: string | undefined) => void;
type Entry =
  | { readonly phase: 'asking'; readonly askers: Found[] }
  | { readonly phase: 'known'; readonly address: string | undefined; readonly untilMs: number };

const namesMax = 1_000;
const secondsMax = 300;
const unknownSeconds = 5;

export class Names {
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  /** In the order they were asked for: the first goes when there are too many. */
  readonly #entries = new Map<string, Entry>();

  constructor(resolver: Resolver, clock: Clock) {
    this.#resolver = resolver;
    this.#clock = clock;
  }

  /** Tells the address of a name: at once when it is known, otherwise when it has been looked up. */
  find(host: string, family: 4 | 6, found: Found): void {
    const name = `${host.toLowerCase()} ${family}`;
    const entry = this.#entries.get(name);
    if (entry?.phase === 'asking') entry.askers.push(found);
    else if (entry && entry.untilMs > this.#clock.monotonicMs()) found(entry.address);
    else this.#ask(name, host, family, found);
  }

  #ask(name: string, host: string, family: 4 | 6, found: Found): void {
    const askers = [found];
    this.#entries.delete(name);
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= namesMax) this.#entries.delete(oldest);
    this.#entries.set(name, { phase: 'asking', askers });
    const tell = (address: string | undefined, seconds: number) => {
      const untilMs = this.#clock.monotonicMs() + Math.min(secondsMax, seconds) * 1_000;
      if (this.#entries.has(name)) this.#entries.set(name, { phase: 'known', address, untilMs });
      for (const asker of askers) asker(address);
    };
    this.#resolver.resolve(host, family).then(
      (answer) => tell(answer?.address, answer?.ttlSeconds ?? unknownSeconds),
      () => tell(undefined, unknownSeconds),
    );
  }
}
