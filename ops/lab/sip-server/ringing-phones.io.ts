// The phones that a switch is calling: where they are, which of them ring, and how one is told to answer for a desktop.

import { errorCodes } from '#src/cti';
import type { SipAgent, SipResponse } from './agent.ts';
import { Leg, type LegOptions } from './leg.io.ts';
import { Refused } from './refused.ts';
import type { Registrar } from './registrar.ts';

interface Called {
  readonly ringing: () => void;
  readonly sent: (cancel: () => void) => void;
}

export class RingingPhones {
  readonly #agent: SipAgent;
  readonly #place: { readonly address: string; readonly port: number };
  readonly #registrar: Registrar;
  /** By call and DN: resolves when it rings there, or is called no more. */
  readonly #called = new Map<string, Promise<void>>();

  /** `place`: of those who have not said where they are. */
  constructor(agent: SipAgent, place: { readonly address: string; readonly port: number }, registrar: Registrar) {
    this.#agent = agent;
    this.#place = place;
    this.#registrar = registrar;
  }

  uriOf(dn: string): string {
    const { address, port } = this.#place;
    return this.#registrar.placeOf(dn) ?? `sip:${encodeURIComponent(dn)}@${address}:${port}`;
  }

  /** As {@link Leg.ofCalled}. */
  async call(options: LegOptions, caller: string, { ringing, sent }: Called): Promise<Leg> {
    const key = keyOf(options.callUuid, options.dn);
    let rang = () => {};
    const rings = new Promise<void>((resolve) => {
      rang = resolve;
    });
    const heard = () => {
      rang();
      ringing();
    };
    this.#called.set(key, rings);
    try {
      return await Leg.ofCalled(options, this.uriOf(options.dn), caller, { ringing: heard, sent });
    } finally {
      this.#called.delete(key);
      rang();
    }
  }

  /**
   * Has a phone take the call that rings there: NOTIFY with the event package `talk`, as phones know it that obey a desktop.
   * Throws {@link Refused}.
   */
  async answer(callUuid: string, dn: string): Promise<void> {
    const rings = this.#called.get(keyOf(callUuid, dn));
    if (!rings) throw new Refused(errorCodes.invalidConnId, `DN ${dn} does not ring in this call`);
    await rings;
    const status = await this.#talk(dn);
    if (status >= 300)
      throw new Refused(errorCodes.unsupported, `the phone of ${dn} says ${status}: answer it by hand`);
  }

  /** The status of the answer; 408 when it cannot be asked. */
  #talk(dn: string): Promise<number> {
    const options = { method: 'NOTIFY', headers: { Event: 'talk', 'Subscription-State': 'active' } };
    return new Promise((resolve) => {
      this.#agent.request(this.uriOf(dn), options, (error, request) => {
        if (error || !request) resolve(408);
        else request.on('response', ({ status }: SipResponse) => resolve(status));
      });
    });
  }
}

function keyOf(callUuid: string, dn: string): string {
  return `${callUuid} ${dn}`;
}
