// The facts of all calls of a core, in its journal. A call is known by its tenant and CallUUID.

import type { CallFact, CallFacts, CallName } from '#actors/call';
import type { Facts } from '#cluster/facts';
import type { SessionNews } from '#src/recording';
import type { CallLedger } from './call-ledger.io.ts';

export class JournaledCalls implements CallFacts {
  readonly #journal: Facts<CallFact>;
  readonly #ledger: Pick<CallLedger, 'note'> | undefined;
  readonly #whenTold: (run: () => void) => void;
  /** Calls that are forgotten, and stand in the journal until what was told of them stands elsewhere. */
  readonly #leaving = new Set<string>();

  /**
   * What is written about a call goes into the ledger as well, which outlasts it. `whenTold` calls what it is given when kill -9 can no
   * longer take what others are to be told of calls: until then the journal keeps those that are forgotten.
   */
  constructor(
    journal: Facts<CallFact>,
    ledger?: Pick<CallLedger, 'note'>,
    whenTold: (run: () => void) => void = (run) => run(),
  ) {
    this.#journal = journal;
    this.#ledger = ledger;
    this.#whenTold = whenTold;
  }

  /** Calls of a tenant that are not forgotten. */
  calls(tenant: string): readonly CallName[] {
    return this.#subjects().flatMap((subject) => {
      const [began] = this.#journal.of(subject);
      if (began?.type !== 'began' || began.tenant !== tenant) return [];
      return [{ tenant, switch: began.switch, callUuid: began.callUuid }];
    });
  }

  /** The last that was told of each take that had not come to its end. */
  takes(): readonly SessionNews[] {
    const last = new Map<string, SessionNews>();
    for (const subject of this.#subjects())
      for (const fact of this.#journal.of(subject)) if (fact.type === 'session') last.set(fact.news.take, fact.news);
    return [...last.values()].filter(({ phase }) => phase !== 'finished');
  }

  of(call: CallName): readonly CallFact[] {
    const subject = subjectOf(call);
    return this.#leaving.has(subject) ? [] : this.#journal.of(subject);
  }

  write(call: CallName, facts: readonly CallFact[]): void {
    this.note(call, facts);
    this.secure(); // also where nothing is added: what follows may follow from what was noted
  }

  note(call: CallName, facts: readonly CallFact[]): void {
    if (facts.length === 0) return;
    const subject = subjectOf(call);
    // It begins anew.
    this.#leave(subject);
    const texts = facts.map((fact) => JSON.stringify(fact));
    this.#journal.note(subject, facts, texts);
    this.#ledger?.note(call, facts, texts);
  }

  secure(): void {
    this.#journal.secure();
  }

  forget(call: CallName): void {
    const subject = subjectOf(call);
    this.#leaving.add(subject);
    this.#whenTold(() => this.#leave(subject));
  }

  #subjects(): readonly string[] {
    return this.#journal.subjects().filter((subject) => !this.#leaving.has(subject));
  }

  #leave(subject: string): void {
    if (this.#leaving.delete(subject)) this.#journal.forget(subject);
  }
}

function subjectOf({ tenant, callUuid }: CallName): string {
  // A tenant may be called anything, and `a b` with the call `c` is not `a` with the call `b c`.
  return `${encodeURIComponent(tenant)} ${callUuid}`;
}
