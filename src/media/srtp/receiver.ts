// One stream's SRTP: what its datagrams say, once it is known that its sender sealed them, and only once each. What was
// altered, what strangers send and what is sent again is refused, and a refusal changes nothing. Must never tell a key.

import { ssrcOf } from '#src/media/rtp';
import { CryptoContext, type HeardSource, type SrtpRefusal } from './crypto-context.ts';
import type { SrtpKey, SrtpSuiteName } from './suite.ts';

interface KeyFacts {
  readonly key: SrtpKey;
  readonly heard?: readonly HeardSource[];
}

/** What is kept of a stream's SRTP beside its sockets: it holds keys. */
export interface SrtpFacts extends KeyFacts {
  /** The key before this one: packets of it may still be on their way. */
  readonly before?: KeyFacts;
}

interface Keyed {
  readonly key: SrtpKey;
  readonly context: CryptoContext;
}

/** A successor may be so many packets behind: some ten seconds of a stream. */
const notedPackets = 512;

export class SrtpReceiver {
  #current: Keyed;
  #before: Keyed | undefined;
  /** Whose packet was opened last. */
  #opener: CryptoContext;
  /** Packets accepted since the last note. */
  #unnoted = 0;

  constructor({ before, ...current }: SrtpFacts) {
    this.#current = keyed(current);
    this.#before = before && keyed(before);
    this.#opener = this.#current.context;
  }

  get suite(): SrtpSuiteName {
    return this.#current.key.suite;
  }

  /** For a successor, who will not know what comes after. */
  note(): SrtpFacts {
    this.#unnoted = 0;
    return { ...factsOf(this.#current), ...(this.#before ? { before: factsOf(this.#before) } : {}) };
  }

  /** A source is new, or has come far, since the last note. */
  get isFar(): boolean {
    return this.#unnoted >= notedPackets;
  }

  /** Opens a datagram in place: a view of what was sealed, or why it is refused. It is to be told from neither by {@link isRtp}. */
  open(datagram: Buffer): Buffer | SrtpRefusal {
    const { context } = this.#current;
    this.#opener = context;
    const before = this.#before?.context;
    if (!before) return context.open(datagram);
    const opened = context.open(datagram, before.roundsOf(ssrcOf(datagram)));
    if (opened !== 'unauthenticated') return opened;
    this.#opener = before;
    return before.open(datagram);
  }

  /** The datagram opened last belongs to the stream: it is refused from now on. */
  accept(): void {
    this.#unnoted += this.#opener.accept() ? notedPackets : 1;
  }

  /** The sender seals with another key from now on, or says again that it does so with this one. */
  rekey(key: SrtpKey): void {
    if (isSame(key, this.#current.key)) return;
    this.#before = this.#current;
    this.#current = keyed({ key });
  }
}

function keyed({ key, heard }: KeyFacts): Keyed {
  return { key, context: new CryptoContext(key, heard) };
}

function factsOf({ key, context }: Keyed): KeyFacts {
  return { key, heard: context.heard };
}

function isSame(one: SrtpKey, other: SrtpKey): boolean {
  return one.suite === other.suite && one.keyAndSalt === other.keyAndSalt && one.identifier === other.identifier;
}
