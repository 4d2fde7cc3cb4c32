// Who is in which call by the last word of a telephony server, and whether that still holds: while the link is away it is doubtful,
// and what the server says of a DN afterwards settles it. Only an index; what follows is decided by the calls.

import { keyOf } from './names.ts';

export class Doubts {
  readonly #calls = new Map<
    string,
    { readonly switch: string; readonly dns: Set<string>; readonly connIds: Set<string> }
  >();
  /** By switch and DN: calls it was told to be in. */
  readonly #callsOf = new Map<string, Set<string>>();
  /** By switch and DN: calls it was in when the link was lost. */
  readonly #doubtful = new Map<string, Set<string>>();

  /** The server has told that the DN is in this call, or what happened to it there. */
  told(switchName: string, dn: string, callUuid: string, connId: string): void {
    const known = this.#calls.get(callUuid);
    const call = known ?? { switch: switchName, dns: new Set(), connIds: new Set() };
    if (!known) this.#calls.set(callUuid, call);
    call.connIds.add(connId);
    if (this.#doubtful.size > 0) this.#doubtful.get(keyOf(switchName, dn))?.delete(callUuid);
    if (call.dns.has(dn)) return;
    call.dns.add(dn);
    const key = keyOf(call.switch, dn);
    const calls = this.#callsOf.get(key);
    if (calls) calls.add(callUuid);
    else this.#callsOf.set(key, new Set([callUuid]));
  }

  /** The server, or its switch, is out of reach: nobody will tell who leaves. */
  lost(switchName: string): void {
    for (const [callUuid, { switch: name, dns }] of this.#calls) {
      if (name !== switchName) continue;
      for (const dn of dns) this.doubt(name, dn, callUuid);
    }
  }

  /** Whether the DN is still in this call is to be seen. */
  doubt(switchName: string, dn: string, callUuid: string): void {
    if (this.#calls.get(callUuid)?.dns.has(dn) !== true) return;
    const key = keyOf(switchName, dn);
    this.#doubtful.set(key, (this.#doubtful.get(key) ?? new Set()).add(callUuid));
  }

  /** The server has told every call of the DN: gives those that it was in and is in no more. */
  settle(switchName: string, dn: string): readonly string[] {
    const key = keyOf(switchName, dn);
    const left = [...(this.#doubtful.get(key) ?? [])].filter((callUuid) => this.#calls.has(callUuid));
    this.#doubtful.delete(key);
    return left;
  }

  /** The DN has come into `callUuid` from the call of a ConnID: gives that call, which nobody will tell it has left. */
  from(switchName: string, dn: string, connId: string, callUuid: string): readonly string[] {
    const others = this.#callsOf.get(keyOf(switchName, dn)) ?? [];
    return [...others].filter((other) => other !== callUuid && this.#calls.get(other)?.connIds.has(connId));
  }

  /** The call is over. */
  end(callUuid: string): void {
    const call = this.#calls.get(callUuid);
    this.#calls.delete(callUuid);
    for (const dn of call?.dns ?? []) {
      const key = keyOf(call!.switch, dn);
      const calls = this.#callsOf.get(key);
      calls?.delete(callUuid);
      if (calls?.size === 0) this.#callsOf.delete(key);
    }
  }
}
