// A recorder of a group, as the resource manager knows it: whether it is there, how full it is, what became of what was sent to it.
// Computes; time comes as an argument, monotonic ms.

import type { ResourceManagerConfig } from '#src/config';
import { parseSipUri } from '#src/sip';
import type { Outcome } from '#src/sip/proxy';
import { type LoadReport, Ports } from './ports.ts';

export type MemberConfig = ResourceManagerConfig['groups'][number]['members'][number];

/** `unseen`: it has not been heard of yet, and counts as up until it is missed. `draining`: it is there and takes nothing new. */
export type MemberPhase = 'unseen' | 'up' | 'draining' | 'down';

/** What is counted of a member since this process began. INVITEs, not calls. */
export interface MemberCounts {
  readonly offered: number;
  readonly accepted: number;
  /** It said no for good, as any other would have. */
  readonly declined: number;
  /** 408 or 5xx: the next one was asked. */
  readonly failed: number;
  /** It did not answer in time, or could not be reached. */
  readonly silent: number;
  readonly cancelled: number;
}

export interface MemberReport extends MemberCounts {
  readonly aor: string;
  readonly node?: string;
  readonly redundancyType: MemberConfig['redundancyType'];
  readonly phase: MemberPhase;
  readonly inUse: number;
  readonly capacity: number;
}

export class Member {
  /** The same in every resource manager that is configured alike: `host:port` in lower case. */
  readonly key: string;
  readonly config: MemberConfig;
  readonly #failuresMax: number;
  readonly #ports: Ports;
  #phase: MemberPhase = 'unseen';
  #failures = 0;
  #restUntilMs = 0;
  #counts = { offered: 0, accepted: 0, declined: 0, failed: 0, silent: 0, cancelled: 0 };

  constructor(config: MemberConfig, failuresMax: number) {
    this.config = config;
    this.key = placeKey(config.aor);
    this.#failuresMax = failuresMax;
    this.#ports = new Ports(config.portCapacity);
  }

  get phase(): MemberPhase {
    return this.#phase;
  }

  /** Whether it serves, as far as it is not full. */
  get isThere(): boolean {
    return this.config.redundancyType === 'active' && (this.#phase === 'unseen' || this.#phase === 'up');
  }

  /** It asked to be left alone for a while (Retry-After): what begins anew goes elsewhere. */
  isResting(nowMs: number): boolean {
    return this.#restUntilMs > nowMs;
  }

  hasRoom(recording: string, ports: number, nowMs: number): boolean {
    return this.#ports.hasRoom(recording, ports, nowMs);
  }

  /** How full it is, in twentieths: less is no reason to prefer anybody. */
  fullness(nowMs: number): number {
    return Math.floor((20 * this.#ports.inUse(nowMs)) / this.#ports.capacity);
  }

  /** A sign of life. */
  heard(state: 'up' | 'draining', load: LoadReport | undefined): void {
    this.#failures = 0;
    this.#phase = state;
    if (load) this.#ports.reported(load);
  }

  /** No sign of life where one should have been. */
  missed(): void {
    this.#failures += 1;
    if (this.#failures >= this.#failuresMax) this.#phase = 'down';
  }

  /** Nothing lives there any more. */
  gone(): void {
    this.#failures = this.#failuresMax;
    this.#phase = 'down';
  }

  /** An INVITE is sent there. Gives who is to be told what came of it, with the time. */
  offer(recording: string, ports: number, nowMs: number): (outcome: Outcome, atMs: number) => void {
    this.#counts.offered += 1;
    const taken = this.#ports.take(recording, ports, nowMs);
    return (outcome, atMs) => {
      if (outcome === 'accepted') taken.accepted(atMs);
      else taken.gone();
      if (typeof outcome === 'object') {
        this.#counts.failed += 1;
        this.#restUntilMs = atMs + (outcome.restMs ?? 0);
      } else this.#counts[outcome] += 1;
      if (outcome === 'silent') this.missed();
    };
  }

  report(nowMs: number): MemberReport {
    const { aor, node, redundancyType } = this.config;
    return {
      aor,
      ...(node !== undefined && { node }),
      redundancyType,
      phase: this.#phase,
      inUse: this.#ports.inUse(nowMs),
      capacity: this.#ports.capacity,
      ...this.#counts,
    };
  }
}

/** `host:port` of a SIP URI, in lower case; whatever else it may be, as it is. */
export function placeKey(uri: string): string {
  const parsed = parseSipUri(uri);
  return parsed ? `${parsed.host.toLowerCase()}:${parsed.port ?? 5060}` : uri.toLowerCase();
}
