// DNs that are not to be watched any more, and are watched until the calls are over that they are in: who takes them over has not heard
// how these began. Calls that begin meanwhile are not theirs. Pure.

import { keyOf } from './names.ts';

interface Place {
  readonly switch: string;
  readonly dn: string;
}

export class Leaving {
  readonly #places = new Map<string, Place & { readonly calls: Set<string> }>();

  /** Of the DNs that a switch is to be left at, those that are in no call; the others are left when their calls are over. */
  free(switchName: string, dns: readonly string[], callsOf: (dn: string) => Iterable<string>): string[] {
    return dns.filter((dn) => {
      const key = keyOf(switchName, dn);
      const calls = this.#places.get(key)?.calls ?? new Set(callsOf(dn));
      if (calls.size > 0) this.#places.set(key, { switch: switchName, dn, calls });
      return calls.size === 0;
    });
  }

  /** It is to be watched; true when it was about to be left. */
  stays(switchName: string, dn: string): boolean {
    return this.#places.delete(keyOf(switchName, dn));
  }

  /** Whether a call at this DN is one that began when it was to be left already. */
  ignores(switchName: string, dn: string, callUuid: string): boolean {
    const known = this.#places.get(keyOf(switchName, dn));
    return known !== undefined && !known.calls.has(callUuid);
  }

  /** The call is over; DNs that were in no other can be left now. */
  over(callUuid: string): Place[] {
    const free: Place[] = [];
    for (const [key, place] of this.#places) {
      if (!place.calls.delete(callUuid) || place.calls.size > 0) continue;
      this.#places.delete(key);
      free.push(place);
    }
    return free;
  }
}
