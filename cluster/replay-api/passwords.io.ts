// Passwords by argon2id. Says after the same time that a password is wrong and that nobody has that name, and never works at more than
// a few at once: each takes memory and a core.

import { hash, verify } from '@node-rs/argon2';
import { TwinreelError } from '#src/errors';
import type { Random } from '#src/ports';

/** OWASP's recommendation for argon2id: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const atOnceMax = 2;
const waitingMax = 32;

export class Passwords {
  readonly #nobodys: string;
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(nobodys: string) {
    this.#nobodys = nobodys;
  }

  static async create(random: Random): Promise<Passwords> {
    return new Passwords(await hash(random.bytes(32), cost));
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, cost));
  }

  /** Without a hash it takes as long, and is false. */
  async isRight(passwordHash: string | undefined, password: string): Promise<boolean> {
    const right = await this.#inTurn(() => verify(passwordHash ?? this.#nobodys, password));
    return right && passwordHash !== undefined;
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#working >= atOnceMax) {
      if (this.#waiting.length >= waitingMax)
        throw new TwinreelError('too-many-requests', `${waitingMax} passwords wait to be looked at; try again later`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#working++;
    try {
      return await work();
    } finally {
      // Whoever waits next takes this place; only an unwanted one is given up.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#working--;
    }
  }
}
