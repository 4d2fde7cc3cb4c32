// A telephony server and recorders in memory, for tests of a tenant: what was watched, asked and ordered is there to be looked at.

import type { CallFact, CallName } from '#actors/call';
import type { TenantPorts } from '#actors/tenant';
import {
  type Attributes,
  type EventName,
  eventOf,
  type RequestAttributes,
  type RequestName,
  type TLibEvent,
  type TLibListener,
  type TLibPort,
} from '#src/cti';
import type { AgentMetadata } from '#src/metadata';
import type { Couple } from '#src/recording';
import { alwaysActs } from '#src/shards';

export interface Asked {
  readonly message: RequestName;
  readonly attributes: Attributes;
}

/** One switch: a port that answers at once. */
export class SwitchInMemory implements TLibPort {
  readonly watched = new Set<string>();
  readonly asked: Asked[] = [];
  readonly queried: string[] = [];
  readonly listener: TLibListener;
  refusal: Error | undefined;
  isClosed = false;
  isPaused = false;
  /** What was told while it was paused. */
  readonly #held: TLibEvent[] = [];
  readonly state = { phase: 'up', server: { host: 'memory', port: 1 }, switchLink: 'connected' } as const;

  constructor(listener: TLibListener) {
    this.listener = listener;
  }

  watch(dns: Iterable<string>): void {
    for (const dn of dns) this.watched.add(dn);
  }

  unwatch(dns: Iterable<string>): void {
    for (const dn of dns) this.watched.delete(dn);
  }

  query(dn: string): void {
    this.queried.push(dn);
  }

  async request<Name extends RequestName>(message: Name, attributes: RequestAttributes<Name>): Promise<TLibEvent> {
    this.asked.push({ message, attributes });
    if (this.refusal) throw this.refusal;
    return eventOf('EventACK', {});
  }

  get registrations() {
    return { wanted: this.watched.size, registered: this.watched.size, refused: 0, outstanding: 0 };
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    while (!this.isPaused && this.#held.length > 0) this.listener.event(this.#held.shift()!);
  }

  close(): void {
    this.isClosed = true;
  }

  tell(message: EventName, attributes: Attributes): void {
    const event = eventOf(message, attributes as never) as TLibEvent;
    if (this.isPaused) this.#held.push(event);
    else this.listener.event(event);
  }
}

export class WorldOfTenant {
  /** Every connection to a switch that was ever made, the latest last. */
  readonly switches: SwitchInMemory[] = [];
  readonly couples = new Map<string, Couple>();
  readonly ordered: string[] = [];
  readonly written = new Map<string, { readonly name: CallName; readonly facts: CallFact[] }>();

  /** By switch and login code. */
  readonly agents = new Map<string, AgentMetadata>();

  readonly ports: TenantPorts = {
    facts: {
      calls: (tenant) => [...this.written.values()].map(({ name }) => name).filter((name) => name.tenant === tenant),
      of: (name) => this.written.get(keyOf(name))?.facts ?? [],
      write: (name, facts) => this.#wrote(name, facts),
      note: (name, facts) => this.#wrote(name, facts),
      secure: () => {},
      forget: (name) => void this.written.delete(keyOf(name)),
    },
    recorders: {
      order: async (command, recordingId, { by }) => {
        this.ordered.push(`${command} ${recordingId} by ${by}`);
        return ['t1'];
      },
    },
    dutyOf: alwaysActs('a/core/1'),
    couples: { tell: ({ sid, couple }) => void this.couples.set(sid, couple) },
    agents: { find: (_tenant, switchName, agentId) => this.agents.get(`${switchName}/${agentId}`) },
    telephony: {
      connect: (_tenant, _switch, listener) => {
        const made = new SwitchInMemory(listener);
        this.switches.push(made);
        return made;
      },
    },
  };

  #wrote(name: CallName, facts: readonly CallFact[]): void {
    const known = this.written.get(keyOf(name)) ?? { name, facts: [] };
    known.facts.push(...facts);
    if (facts.length > 0) this.written.set(keyOf(name), known);
  }

  get switch(): SwitchInMemory {
    return this.switches.at(-1)!;
  }

  get couple(): Couple {
    return [...this.couples.values()][0]!;
  }
}

function keyOf({ tenant, callUuid }: CallName): string {
  return `${tenant} ${callUuid}`;
}
