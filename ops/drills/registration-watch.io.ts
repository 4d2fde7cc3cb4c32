// Looks at the telephony server who watches each DN, again and again: whether any was ever watched by too few cores, and how many were
// registered anew. Believes no core.

import { systemClock, type Timer } from '#src/ports';
import type { DrilledTelephony } from './drilled-telephony.io.ts';

const lookMs = 10;

export class RegistrationWatch {
  readonly #telephony: DrilledTelephony;
  readonly #dns: readonly string[];
  readonly #coverage: number;
  readonly #thin = new Set<string>();
  #before = 0;
  #timer: Timer | undefined;

  constructor(telephony: DrilledTelephony, dns: readonly string[], coverage: number) {
    this.#telephony = telephony;
    this.#dns = dns;
    this.#coverage = coverage;
  }

  /** Now as many cores as there have to be watch every DN. */
  get isComplete(): boolean {
    return this.#watchedByFew().length === 0;
  }

  /** Watches from now on. */
  begin(): void {
    this.#before = this.#telephony.registrations;
    this.#look();
  }

  /** DNs that were watched by too few cores at any time since it began. */
  get dnsWatchedByFew(): number {
    return this.#thin.size;
  }

  /** Registrations since it began. */
  get dnsRegistered(): number {
    return this.#telephony.registrations - this.#before;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    for (const dn of this.#watchedByFew()) this.#thin.add(dn);
    this.#timer = systemClock.after(lookMs, () => this.#look());
  }

  #watchedByFew(): readonly string[] {
    const watched = this.#telephony.watched;
    return this.#dns.filter((dn) => watched.filter((own) => own.has(dn)).length < this.#coverage);
  }
}
