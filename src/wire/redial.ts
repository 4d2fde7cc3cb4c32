// When a lost connection is tried again, and at which of several servers. Pure: it is told what happened and when.
//
// A connection that stood and is lost is tried again at once, at the next server of the list. When all of them have failed,
// the list is begun anew, first server first, `reconnectMs` later. Nobody is dialled twice within `quickMs`, so a server that
// lets everybody in and drops them again is not hammered.

export interface RedialRules {
  readonly serverCount: number;
  /** Between two rounds through the list; `undefined`: one round, and no reconnecting after a loss. */
  readonly reconnectMs: number | undefined;
}

/** What to do next. */
export type RedialStep =
  | { readonly step: 'dial'; readonly server: number; readonly atMs: number }
  | { readonly step: 'give-up' };

const quickMsMax = 1_000;

export class Redial {
  readonly #rules: RedialRules;
  readonly #dialledMs: number[] = [];
  #server = 0;
  #failures = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(rules: RedialRules) {
    this.#rules = rules;
  }

  /** Which server to dial, and when at the earliest. */
  next(): RedialStep {
    if (this.#isOver) return { step: 'give-up' };
    const quickMs = Math.min(quickMsMax, this.#rules.reconnectMs ?? quickMsMax);
    const quick = (this.#dialledMs[this.#server] ?? Number.NEGATIVE_INFINITY) + quickMs;
    return { step: 'dial', server: this.#server, atMs: Math.max(this.#notBeforeMs, quick) };
  }

  /** The server of `next` is being dialled. */
  dialled(nowMs: number): void {
    this.#dialledMs[this.#server] = nowMs;
  }

  /** The attempt did not come to stand: nobody there, or we were refused. */
  failed(nowMs: number): void {
    this.#failures += 1;
    this.#server = (this.#server + 1) % this.#rules.serverCount;
    if (this.#failures < this.#rules.serverCount) return;
    this.#failures = 0;
    this.#server = 0;
    if (this.#rules.reconnectMs === undefined) this.#isOver = true;
    else this.#notBeforeMs = nowMs + this.#rules.reconnectMs;
  }

  /** A connection that stood is gone. */
  lost(): void {
    this.#failures = 0;
    this.#server = (this.#server + 1) % this.#rules.serverCount;
    if (this.#rules.reconnectMs === undefined) this.#isOver = true;
  }
}
