// Where phones have said that they are (RFC 3261 §10.3): the latest contact of each number, for as long as they said. Answers; sends
// nothing.

import type { Clock } from '#src/ports';

/** What matters of a REGISTER. */
export interface Registration {
  readonly number: string;
  /** Its header; undefined asks only what is known. */
  readonly contact: string | undefined;
  readonly expires: string | undefined;
}

/** The status of the answer, and the contact that holds from now on. */
export interface Registered {
  readonly status: 200 | 400;
  readonly contact?: string;
}

interface Known {
  readonly uri: string;
  readonly untilMs: number;
}

const expiresDefault = 3_600;

export class Registrar {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  register({ number, contact, expires }: Registration): Registered {
    if (contact === undefined) return this.#answer(number);
    const [, uri, parameters = ''] = /^[^<]*<([^>]+)>(.*)$/.exec(contact) ?? [];
    const seconds = Number(/;\s*expires\s*=\s*(\d+)/i.exec(parameters)?.[1] ?? expires ?? expiresDefault);
    const isAll = contact.trim() === '*';
    if (number === '' || !Number.isFinite(seconds) || (isAll ? seconds !== 0 : uri === undefined))
      return { status: 400 };
    if (seconds === 0) this.#known.delete(number);
    else this.#known.set(number, { uri: uri!, untilMs: this.#clock.monotonicMs() + seconds * 1_000 });
    return this.#answer(number);
  }

  /** The URI by which a number is called; undefined when nobody has said. */
  placeOf(number: string): string | undefined {
    return this.#of(number)?.uri;
  }

  #answer(number: string): Registered {
    const known = this.#of(number);
    if (!known) return { status: 200 };
    const seconds = Math.ceil((known.untilMs - this.#clock.monotonicMs()) / 1_000);
    return { status: 200, contact: `<${known.uri}>;expires=${seconds}` };
  }

  #of(number: string): Known | undefined {
    const known = this.#known.get(number);
    return known && known.untilMs > this.#clock.monotonicMs() ? known : undefined;
  }
}
