// Who takes new requests: the connected applications, by verb, in turn.

import type { ApplicationSession } from './application-session.ts';

export class Applications {
  readonly #sessions = new Set<ApplicationSession>();
  readonly #byVerb = new Map<string, { readonly sessions: ApplicationSession[]; turn: number }>();

  get size(): number {
    return this.#sessions.size;
  }

  add(session: ApplicationSession): void {
    this.#sessions.add(session);
  }

  remove(session: ApplicationSession): void {
    this.#sessions.delete(session);
    for (const verb of session.routes) this.unroute(session, verb);
  }

  route(session: ApplicationSession, verb: string): void {
    const taken = this.#byVerb.get(verb);
    if (taken) taken.sessions.push(session);
    else this.#byVerb.set(verb, { sessions: [session], turn: 0 });
  }

  unroute(session: ApplicationSession, verb: string): void {
    const taken = this.#byVerb.get(verb);
    const at = taken?.sessions.indexOf(session) ?? -1;
    if (!taken || at < 0) return;
    taken.sessions.splice(at, 1);
    if (taken.sessions.length === 0) this.#byVerb.delete(verb);
  }

  /** The next application in turn that routed the method, one with room for a new call if there is one; undefined when none did. */
  next(method: string): ApplicationSession | undefined {
    const taken = this.#byVerb.get(method.toLowerCase());
    if (!taken) return undefined;
    const { sessions } = taken;
    for (let tried = 0; tried < sessions.length; tried += 1) {
      taken.turn = (taken.turn + 1) % sessions.length;
      const session = sessions[taken.turn]!;
      if (method !== 'INVITE' || session.fullForSeconds === undefined) return session;
    }
    return sessions[taken.turn];
  }

  /** No application has room for a new call: when to come again. Undefined when one has, and when there is none at all. */
  get fullForSeconds(): number | undefined {
    const sessions = this.#byVerb.get('invite')?.sessions ?? [];
    let least: number | undefined;
    for (const { fullForSeconds } of sessions) {
      if (fullForSeconds === undefined) return undefined;
      least = Math.min(least ?? fullForSeconds, fullForSeconds);
    }
    return least;
  }

  /** Who takes over from a connection that is gone: one with the same tags or, where there are none, one that takes calls. */
  successor(tags: readonly string[]): ApplicationSession | undefined {
    for (const session of this.#sessions) {
      const isSame =
        session.isOpen && session.tags.length === tags.length && tags.every((tag) => session.tags.includes(tag));
      if (isSame && (tags.length > 0 || session.routes.has('invite'))) return session;
    }
    return undefined;
  }

  all(): readonly ApplicationSession[] {
    return [...this.#sessions];
  }
}
