// Which call of a tenant an event, or the news of a recorder, belongs to. Only indexes: who has them decides nothing by itself.

import { dnsOf } from '#actors/call';
import type { SessionNews } from '#src/recording';
import type { TenantMessage } from './tenant.protocol.ts';

type Home = Extract<TenantMessage, { type: 'news' }>['home'];

export class Register {
  /** By recording id, and by sid, also by that under which a twin may know it. */
  readonly #couples = new Map<string, NamedCouple>();
  readonly #callOfTake = new Map<string, string>();
  /** In the order in which the DN has come into them; a trunk is in thousands at a time. */
  readonly #callsOfDn = new Map<string, Set<string>>();
  readonly #keysOfCall = new Map<string, CallKeys>();

  get calls(): number {
    return this.#keysOfCall.size;
  }

  begin(callUuid: string): void {
    if (!this.#keysOfCall.has(callUuid)) {
      this.#keysOfCall.set(callUuid, { couples: new Set(), takes: new Set(), dns: new Set() });
    }
  }

  /** An event has shown that this DN is in the call; false when that was known. */
  joined(callUuid: string, dn: string): boolean {
    const keys = this.#keysOfCall.get(callUuid)!;
    if (keys.dns.has(dn)) return false;
    keys.dns.add(dn);
    const calls = this.#callsOfDn.get(dn);
    if (calls) calls.add(callUuid);
    else this.#callsOfDn.set(dn, new Set([callUuid]));
    return true;
  }

  /** The couple is one of the call's, and has this recording. */
  records({ callUuid, sid, otherSid, recordingId, isOwn }: RecordedCouple): void {
    const keys = this.#keysOfCall.get(callUuid);
    if (!keys) return;
    for (const key of [sid, otherSid, recordingId]) {
      if (key === undefined) continue;
      keys.couples.add(key);
      this.#couples.set(key, { callUuid, sid, isOwn });
    }
  }

  took(callUuid: string, take: string): void {
    this.#keysOfCall.get(callUuid)!.takes.add(take);
    this.#callOfTake.set(take, callUuid);
  }

  /**
   * The call that a session of a recorder belongs to, by what it says; where its home is sure the DN alone may decide. Others may use an id
   * of theirs for one call after the other. Of what is told again, a call that was taken up here when its party had left hears nothing.
   */
  callOf(news: SessionNews, home: Home): string | undefined {
    const taken = this.#callOfTake.get(news.take);
    if (taken !== undefined) return taken;
    const named = this.#couples.get(news.recordingId);
    if (named && (named.isOwn || (news.callUuid ?? named.callUuid) === named.callUuid)) return named.callUuid;
    if (news.callUuid !== undefined) {
      const dns = this.#keysOfCall.get(news.callUuid)?.dns;
      if (!dns || (home === 'again' && !dnsOf(news).some((dn) => dns.has(dn)))) return undefined;
      return news.callUuid;
    }
    if (home !== 'sure') return undefined;
    return dnsOf(news)
      .map((dn) => [...(this.#callsOfDn.get(dn) ?? [])].at(-1))
      .find((call) => call !== undefined);
  }

  /** The couple of a recording's id, or of a sid. */
  couple(named: string): NamedCouple | undefined {
    return this.#couples.get(named);
  }

  /** Calls that hold any of these takes, with the takes of each. */
  holding(takes: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const byCall = new Map<string, string[]>();
    for (const take of takes) {
      const call = this.#callOfTake.get(take);
      if (call !== undefined) byCall.set(call, [...(byCall.get(call) ?? []), take]);
    }
    return byCall;
  }

  /** Calls that the DN is in, or was. */
  callsOf(dn: string): Iterable<string> {
    return this.#callsOfDn.get(dn) ?? [];
  }

  /** The call is gone: nothing leads to it any more. */
  end(callUuid: string): void {
    const keys = this.#keysOfCall.get(callUuid);
    if (!keys) return;
    this.#keysOfCall.delete(callUuid);
    for (const key of keys.couples) if (this.#couples.get(key)?.callUuid === callUuid) this.#couples.delete(key);
    for (const take of keys.takes) this.#callOfTake.delete(take);
    for (const dn of keys.dns) {
      const calls = this.#callsOfDn.get(dn);
      calls?.delete(callUuid);
      if (calls?.size === 0) this.#callsOfDn.delete(dn);
    }
  }
}

export interface NamedCouple {
  readonly callUuid: string;
  readonly sid: string;
  /** Its recording is under an id that we make, of which there is one. */
  readonly isOwn: boolean;
}

export interface RecordedCouple extends NamedCouple {
  readonly recordingId: string;
  /** Under which a twin may know it. */
  readonly otherSid?: string | undefined;
}

interface CallKeys {
  readonly couples: Set<string>;
  readonly takes: Set<string>;
  readonly dns: Set<string>;
}
