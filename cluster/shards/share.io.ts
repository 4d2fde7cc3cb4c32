// The share of a core in the DNs that the cluster watches: which shards it holds, and of which of them it is the one who acts. It finds
// that out with the other cores through Redis, and keeps what it holds while Redis is away. Must never let go of a DN that nobody
// else watches.

import { Leases } from '#cluster/leases';
import { type Beat, listBeats } from '#cluster/presence';
import { type RedisConnection, rebalanceKey } from '#cluster/redis';
import type { Clock, Timer } from '#src/ports';
import {
  alwaysActs,
  type CutRules,
  type DutyOf,
  type Mandate,
  type Shard,
  type Site,
  shardsOf,
  siteName,
} from '#src/shards';
import { Members } from './members.ts';
import { type PlannedShard, planned, watchedOf } from './plan.ts';
import { Registered } from './registered.ts';
import { Wishes } from './wishes.ts';

export interface ShareOptions extends CutRules {
  readonly redis: RedisConnection;
  readonly node: string;
  readonly process: string;
  readonly coverage: number;
  readonly leaseMs: number;
  readonly goneMs: number;
  readonly settleMs: number;
  readonly beatMs: number;
  readonly clock: Clock;
  /** Other DNs are to be watched from now on. */
  readonly changed: () => void;
  /** What is told to others is not what it was. */
  readonly tell: () => void;
}

type Told = NonNullable<Beat['share']>;

/** Looks in one life of a lease: one that ends is noticed within one of them. */
const looksPerLease = 4;
/** As long as Redis has not answered once, a core does not know with whom it shares; after so long it takes it that it is alone. */
const firstAnswerMsMax = 1_000;
const firstLooksMs = 50;

export class Share {
  readonly name: string;
  readonly #options: ShareOptions;
  readonly #members: Members;
  readonly #leases: Leases;
  readonly #wishes: Wishes;
  readonly #registered = new Registered();
  readonly #startedMs: number;
  #phase: 'finding-out' | 'sharing' | 'stopped' = 'finding-out';
  #node: 'open' | 'draining' = 'open';
  #sites: readonly string[] = [];
  #shards: readonly Shard[] = [];
  /** By tenant and DN: two switches of a tenant may have the same number. */
  #shardsOfDn: ReadonlyMap<string, ReadonlyMap<string, readonly Shard[]>> = new Map();
  #plan: readonly PlannedShard[] = [];
  /** The shards, and what was planned of them, as a text: nothing follows from a plan that is the one before. */
  #planned = '';
  /** What it was planned from: of the same the same would come. */
  #plannedFrom: readonly unknown[] = [];
  /** Names of shards of which this core watches any DN. */
  #touched: ReadonlySet<string> = new Set();
  /** Names of shards by whether every DN of them that is watched is registered; of one version of what is. */
  #registeredShards = { version: -1, known: new Map<string, boolean>() };
  /** What was written when somebody last wanted leases to go back. */
  #rebalance: string | undefined;
  #readMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #looking: Promise<void>;

  constructor(options: ShareOptions) {
    const { redis, node, process, clock } = options;
    this.#options = options;
    this.name = `${node}/${process}`;
    this.#members = new Members(options);
    this.#leases = new Leases({ ...options, redis, holder: this.name });
    this.#wishes = new Wishes({ ...options, self: this.name });
    this.#startedMs = clock.monotonicMs();
    this.#looking = this.#look();
  }

  /** What there is to watch, for all cores together. */
  know(sites: readonly Site[]): void {
    this.#sites = sites.map(siteName);
    this.#shards = sites.flatMap((site) => shardsOf(site, this.#options));
    this.#shardsOfDn = byDn(this.#shards);
    this.#leases.retain(new Set(this.#shards.map(({ name }) => name)));
    this.#planned = '';
    this.#touch();
    this.#replan();
  }

  /** This core watches the DN. */
  isWatched(tenant: string, switchName: string, dn: string): boolean {
    return this.#registered.wants(siteName({ tenant, switch: switchName }), dn);
  }

  /** Other cores watch this DN of the tenant, and this one does not. */
  isElsewhere(tenant: string, dn: string): boolean {
    const shards = this.#shardsOfDn.get(tenant)?.get(dn);
    return shards !== undefined && !shards.some((shard) => this.#watches(shard, dn));
  }

  /** Of a DN that is nobody's to watch every core speaks. */
  readonly dutyOf: DutyOf = (tenant, dn) => {
    const shards = this.#shardsOfDn.get(tenant)?.get(dn);
    if (!shards) return alwaysActs(this.name)(tenant, dn);
    for (const { name } of shards) {
      const n = this.#leases.actsUnder(name);
      if (n !== undefined) return { phase: 'acts', shard: name, epoch: { n, holder: this.name } };
    }
    for (const { name } of shards) {
      const n = this.#leases.presumedUnder(name);
      if (n === undefined || (n === 0 && !this.#isFirst(name))) continue;
      return { phase: 'acts', presumed: true, shard: name, epoch: { n, holder: this.name } };
    }
    const twin = shards.map(({ name }) => this.#leases.mandate(name)).find((mandate) => mandate !== undefined);
    return { phase: 'stands-by', ...(twin && { twin }) };
  };

  /** A recorder has refused an order under this mandate. */
  fenced({ shard, epoch }: Mandate): void {
    if (epoch.holder === this.name) this.#leases.fenced(shard, epoch.n);
  }

  /** What the link of a site tells of its registrations. */
  readonly registrations = {
    lost: (tenant: string, switchName: string) => this.#registered.lost(siteName({ tenant, switch: switchName })),
    stands: (tenant: string, switchName: string, dn: string) =>
      this.#registered.stands(siteName({ tenant, switch: switchName }), dn),
    settled: (tenant: string, switchName: string, count: number) => {
      this.#registered.settled(siteName({ tenant, switch: switchName }), count);
      this.#options.tell();
      this.#lookNow();
    },
  };

  /** Whether this node is to be left. */
  nodeIs(phase: 'open' | 'draining'): void {
    if (this.#node === phase) return;
    this.#node = phase;
    this.#lookNow();
  }

  /** What others are told with each beat. */
  get told(): Told {
    const shards = this.#plan.flatMap((one): Told['shards'] => {
      const { shard, part } = one;
      if (part === 'none') return [];
      const { name, digest, dns } = shard;
      const phase = this.#isRegistered(one) ? 'registered' : 'registering';
      const n = this.#leases.actsUnder(name) ?? null;
      return [{ name, digest, dns: dns.length, holders: [...one.holders], part, phase, n }];
    });
    return { sites: [...this.#sites], shards };
  }

  /** Lets every lease go, so that others act at once. */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#timer?.cancel();
    await this.#looking;
    await this.#leases.look(new Map(this.#shards.map(({ name }) => [name, 'leave'])));
  }

  #lookNow(): void {
    // While one is under way, the next is near.
    if (!this.#timer || this.#phase === 'stopped') return;
    this.#timer.cancel();
    this.#lookAfter(0);
  }

  #lookAfter(ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => {
      this.#timer = undefined;
      this.#looking = this.#look();
    });
  }

  async #look(): Promise<void> {
    const { clock, beatMs, leaseMs } = this.#options;
    if (this.#phase === 'finding-out' || clock.monotonicMs() - this.#readMs >= beatMs) await this.#read();
    this.#replan();
    const before = this.#acting();
    await this.#leases.look(this.#wishes.of(this.#plan, this.#standing()));
    if (this.#acting() !== before) this.#options.tell();
    if (this.#phase === 'finding-out') this.#lookAfter(firstLooksMs);
    else if (this.#phase === 'sharing') this.#lookAfter(leaseMs / looksPerLease);
  }

  async #read(): Promise<void> {
    const { redis, clock } = this.#options;
    try {
      const [others, rebalance] = await Promise.all([listBeats(redis, this.name), redis.get(rebalanceKey)]);
      this.#readMs = clock.monotonicMs();
      this.#members.heard(others, this.#readMs);
      for (const { share } of others) for (const { name, n } of share?.shards ?? []) if (n) this.#leases.seen(name, n);
      if (rebalance !== null && rebalance !== this.#rebalance && this.#phase === 'sharing')
        this.#wishes.rebalance(this.#readMs);
      if (rebalance !== null) this.#rebalance = rebalance;
      if (this.#phase === 'finding-out') this.#phase = 'sharing';
    } catch {
      // Who was there is taken to be there still. Who has never heard of others watches everything, as if it were alone.
      const isPatient = clock.monotonicMs() - this.#startedMs < firstAnswerMsMax;
      if (this.#phase === 'finding-out' && !isPatient) this.#phase = 'sharing';
    }
  }

  #replan(): void {
    if (this.#phase !== 'sharing') return;
    const { node, coverage, clock, changed, tell } = this.#options;
    const self = { name: this.name, node, phase: this.#node };
    const others = this.#members.at(clock.monotonicMs());
    const [from, before] = [[others, this.#node, this.#shards, this.#touched], this.#plannedFrom];
    if (from.every((one, at) => one === before[at])) return;
    this.#plannedFrom = from;
    this.#plan = planned(this.#shards, {
      self,
      others,
      coverage,
      isTouched: ({ name: one }) => this.#touched.has(one),
    });
    const text = JSON.stringify(
      this.#plan.map(({ shard, holders, part }) => [shard.name, shard.digest, holders, part]),
    );
    if (text === this.#planned) return;
    this.#planned = text;
    const isOther = this.#registered.want(watchedOf(this.#plan, (shard, dn) => this.#watches(shard, dn)));
    this.#touch();
    if (isOther) changed();
    tell();
  }

  #touch(): void {
    const touched = this.#shards.filter((shard) => shard.dns.some((dn) => this.#watches(shard, dn)));
    this.#touched = new Set(touched.map(({ name }) => name));
  }

  #standing() {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    return {
      isRegistered: (one: PlannedShard) => this.#isRegistered(one),
      acts: ({ shard }: PlannedShard) => this.#leases.actsUnder(shard.name) !== undefined,
      others: this.#members.at(nowMs),
      nowMs,
    };
  }

  /** Whether this core is to act first by where the shard is placed. */
  #isFirst(name: string): boolean {
    return this.#plan.find(({ shard }) => shard.name === name)?.holders[0] === this.name;
  }

  #watches(shard: Shard, dn: string): boolean {
    return this.#registered.wants(siteName(shard), dn);
  }

  #isRegistered({ shard }: PlannedShard): boolean {
    const { version } = this.#registered;
    if (version !== this.#registeredShards.version) this.#registeredShards = { version, known: new Map() };
    const { known } = this.#registeredShards;
    const is = known.get(shard.name) ?? this.#registered.has(siteName(shard), shard.dns);
    known.set(shard.name, is);
    return is;
  }

  /** The shards for which it acts, as a text. */
  #acting(): string {
    return this.#shards
      .filter(({ name }) => this.#leases.actsUnder(name) !== undefined)
      .map(({ name }) => name)
      .join();
  }
}

function byDn(shards: readonly Shard[]) {
  const tenants = new Map<string, Map<string, Shard[]>>();
  for (const shard of shards) {
    const dns = tenants.get(shard.tenant) ?? new Map<string, Shard[]>();
    tenants.set(shard.tenant, dns);
    for (const dn of shard.dns) {
      const known = dns.get(dn);
      if (known) known.push(shard);
      else dns.set(dn, [shard]);
    }
  }
  return tenants;
}
