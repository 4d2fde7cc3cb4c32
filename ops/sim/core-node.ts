// A core of the simulation, put together as the process is: the real actors of its tenants, its real share of the DNs and leases, the real
// rules about recorders, couples and notices, on a journal, a network and a Redis that are not.

import type { CallFact, CallRecorders, CoupleWord } from '#actors/call';
import { type ActorSystem, seedActorSystem } from '#actors/kit';
import { tree } from '#actors/tree';
import {
  Couples,
  Homes,
  heldSites,
  JournaledCalls,
  newsFor,
  Recorders,
  sharedSites,
  shareSettingsOf,
  type TenantSite,
  Tenants,
  tenantSettingsOf,
} from '#cluster/core';
import type { LifePlace } from '#cluster/links';
import { Notices } from '#cluster/notification';
import { Outbox, type OutboxNote } from '#cluster/outbox';
import { Presence } from '#cluster/presence';
import { Share } from '#cluster/shards';
import { parseConfig } from '#src/config';
import { type Clock, seededRandom } from '#src/ports';
import { RuleBook, rulesOfDns } from '#src/rules';
import type { Duty } from '#src/shards';
import { acceptRecorder, type FromCore, type FromRecorder } from './core-link.ts';
import type { Host } from './host.ts';
import type { Ledger } from './ledger.ts';
import type { LineEnd, Side } from './network.ts';
import { systemLog } from './system-log.ts';
import { tenantNumber } from './tenants.ts';
import { TLibPort } from './tlib-port.ts';
import { VirtualDisk, VirtualJournal } from './virtual-journal.ts';
import { VirtualProcess } from './virtual-process.ts';
import type { VirtualRedis } from './virtual-redis.ts';
import type { VirtualSwitch } from './virtual-switch.ts';

/** Who is watched, and of them who is recorded. */
export interface CoreTenant {
  readonly server: VirtualSwitch;
  readonly dns: readonly string[];
  readonly recorded: readonly string[];
  /** Two recorders have each call. */
  readonly isDuplicated: boolean;
}

/** What a core stands on. */
export interface CoreGround {
  readonly host: Host;
  readonly tenants: readonly CoreTenant[];
  readonly redis: VirtualRedis;
  readonly ledger: Ledger;
  /** Calls `gone` when nothing lives at a place any more. */
  readonly watchLife: (watcher: VirtualProcess, place: LifePlace, gone: () => void) => { cancel(): void };
}

/** Leases and beats are as long to one another as by default, and come half as often: of idle cores there is little to see. */
const config = parseConfig(
  'shards: { dnsPerShardMax: 3, leaseMs: 2400 }\nredis: { beatMs: 2000 }',
  'the settings of the simulation',
);
const outboxBytesMax = 2 ** 30;
const outboxLookMs = 10_000;
/** Settings of a tenant with `dest2`: one copy is enough, so none is begun anew. */
const duplicated = { asking: { dest: 'sip:FIRST', dest2: 'sip:SECOND' }, restartsLost: false };
/** As long as a run has time for at its end. */
const lostLingerMs = 30_000;

interface CoreLife {
  readonly process: VirtualProcess;
  readonly system: ActorSystem;
  readonly journal: VirtualJournal<CallFact>;
  readonly recorders: Recorders;
  readonly tenants: Tenants;
}

export class CoreNode {
  readonly host: Host;
  readonly #ground: CoreGround;
  readonly #disk: VirtualDisk;
  readonly #outboxDisk: VirtualDisk;
  #life: CoreLife | undefined;
  #lives = 0;

  constructor(ground: CoreGround) {
    this.host = ground.host;
    this.#ground = ground;
    this.#disk = new VirtualDisk(this.host.world, `${this.host.name}/core-journal`);
    this.#outboxDisk = new VirtualDisk(this.host.world, `${this.host.name}/core-outbox`);
  }

  get process(): VirtualProcess | undefined {
    return this.#life?.process;
  }

  get system(): ActorSystem | undefined {
    return this.#life?.system;
  }

  /** Calls that are not forgotten. */
  get calls(): readonly string[] {
    return this.#life?.journal.subjects() ?? [];
  }

  /** Nothing happens where it runs. */
  start(): void {
    const { host } = this;
    if (host.phase !== 'up' || (this.#life && this.#life.process.phase !== 'dead')) return;
    const { world } = host;
    const { ledger } = this.#ground;
    this.#lives += 1;
    ledger.couples.coreBegins(host.name);
    const process = new VirtualProcess(host, `core.${this.#lives}`);
    const { clock } = process;
    const journal = new VirtualJournal<CallFact>(process, this.#disk);
    const redis = this.#ground.redis.client(process);
    const facts = new JournaledCalls(journal, undefined, (run) => couples.whenKept(run));
    const outbox = new Outbox(new VirtualJournal<OutboxNote>(process, this.#outboxDisk), {
      redis,
      node: host.name,
      process: 'core',
      bytesMax: outboxBytesMax,
      lookMs: outboxLookMs,
      clock,
      onAlarm: ({ alarm, message }) => world.breach('no crash', `${alarm} of ${process.name}: ${message}`),
    });
    const couples = new Couples({ outbox, clock, secure: () => journal.secure() });
    const sites = this.#ground.tenants.map(siteOf);
    const homes = new Homes(sites);
    const recorders = new Recorders({
      clock,
      recorderReturnMs: config.core.recorderReturnMs,
      watchLife: (place, gone) => this.#ground.watchLife(process, place, gone),
      onNews: (news, again) => {
        const home = homes.of(news);
        const isEverybodys = world.isPlanted('news-to-every-tenant');
        tenants.tell((name) => ({
          ...newsFor(name, { news, home, again }, share),
          ...(isEverybodys && { home: 'sure' }),
        }));
      },
      onLost: (takes) => {
        if (!world.isPlanted('loss-not-noticed')) tenants.tell(() => ({ type: 'takes-lost', takes }));
      },
      onFenced: (mandate) => {
        world.note(process.name, `fenced: ${mandate.shard} under ${mandate.epoch.n}`);
        share.fenced(mandate);
      },
    });
    for (const take of facts.takes()) recorders.expect(take);
    const system = seedActorSystem(
      {
        name: 'core',
        tree,
        clock,
        random: seededRandom(world.seed),
        log: systemLog(process),
        onFailure: ({ path }) => world.breach('no crash', `${path} of ${process.name} failed for good`),
      },
      world.seed + this.#lives,
    );
    const notices = new Notices([{ tell: (event) => ledger.noticed(host.name, event) }]);
    const tell = (word: CoupleWord, isOurs: boolean) => {
      ledger.couples.tells(host.name, this.#named(word));
      couples.tell(word);
      if (isOurs || world.isPlanted('notification-doubled')) notices.tell(word);
    };
    let presence: Presence | undefined;
    const share: Share = new Share({
      ...shareSettingsOf({ ...config, node: host.name }),
      redis,
      process: 'core',
      clock: world.isPlanted('lease-by-wall-clock') ? byWallClock(clock) : clock,
      changed: () => tenants.watch(heldSites(sites, share)),
      tell: () => presence?.tell(),
    });
    const rules = new RuleBook(rulesOfDns(this.#ground.tenants[0]!.recorded));
    const tenants: Tenants = new Tenants({
      system,
      settings: (name) => ({
        ...tenantSettingsOf(config, name),
        notification: { ...config.core.tenantDefaults.notification, audio: true },
        lostLingerMs,
        rules,
        ...(this.#tenantAt(name).isDuplicated && duplicated),
        ...(world.isPlanted('twin-never-acts') && { twinWaitMs: 3_600_000 }),
      }),
      ports: { facts, recorders: this.#ordersSeen(recorders), couples: { tell }, dutyOf: this.#dutySeen(share) },
      dial: ({ servers: [server] }, listener) => new TLibPort(process, this.#tenantAt(server!.host).server, listener),
      registrations: share.registrations,
    });
    this.#life = { process, system, journal, recorders, tenants };
    share.know(sharedSites(sites));
    tenants.watch(heldSites(sites, share));
    presence = new Presence({
      redis,
      node: host.name,
      process: 'core',
      pid: this.#lives,
      beatMs: config.redis.beatMs,
      clock,
      facts: () => outbox.heads,
      share: () => share.told,
      onNode: (phase) => share.nodeIs(phase),
      figures: () => ({}),
    });
    world.note(process.name, `begins with ${journal.subjects().length} calls`);
  }

  /** A recorder dials; undefined while nobody listens. */
  accept(end: LineEnd<FromCore>): Side<FromRecorder> | undefined {
    const life = this.#life;
    if (life?.process.phase !== 'running') return undefined;
    return acceptRecorder(life.process, end, life.recorders);
  }

  /** What a supervisor orders; gives the couples it was passed to. Rejects when the core is away. */
  async command(command: 'pause' | 'resume', recording: string): Promise<readonly string[]> {
    const life = this.#life;
    if (life?.process.phase !== 'running') return [];
    return life.tenants.command(command, recording, 'supervisor');
  }

  kill(restartMs: number): void {
    this.#die();
    this.host.world.after(restartMs, () => this.start());
  }

  losePower(downMs: number): void {
    const { host } = this;
    host.phase = 'down';
    this.#die();
    this.#disk.losePower();
    this.#outboxDisk.losePower();
    this.#ground.ledger.couples.powerLost(host.name);
    host.world.after(downMs, () => {
      host.phase = 'up';
      host.world.network.changed();
      this.start();
    });
  }

  compareFacts(): void {
    this.#life?.journal.compare();
  }

  #tenantAt(name: string): CoreTenant {
    return this.#ground.tenants.find(({ server }) => server.tenant === name)!;
  }

  #named(word: CoupleWord): CoupleWord {
    if (!this.host.world.isPlanted('couple-named-by-the-clock')) return word;
    const sid = `${word.sid}-${this.#lives}`;
    return { ...word, sid, couple: { ...word.couple, sid } };
  }

  /** What a recorder has confirmed holds for whoever ordered it. */
  #ordersSeen(recorders: Recorders): CallRecorders {
    return {
      order: async (command, recordingId, ordering) => {
        const takes = await recorders.order(command, recordingId, ordering);
        if (this.#life?.process.phase === 'running') this.#ground.ledger.obeyed(command, recordingId, takes);
        return takes;
      },
    };
  }

  /** Whoever acts under a lease that stands is noted with its epoch. */
  #dutySeen(share: Share): (tenant: string, dn: string) => Duty {
    const { world, name } = this.host;
    const held = new Map<string, Duty>();
    return (tenant, dn) => {
      const asked = share.dutyOf(tenant, dn);
      const key = `${tenant} ${dn}`;
      if (asked.phase === 'acts' && !asked.presumed) held.set(key, asked);
      const duty = (world.isPlanted('stale-lease-acts') && held.get(key)) || asked;
      if (duty.phase === 'acts' && !duty.presumed && duty.epoch.n > 0) this.#ground.ledger.acts(name, duty);
      return duty;
    };
  }

  #die(): void {
    const life = this.#life;
    if (!life || life.process.phase === 'dead') return;
    life.journal.compare();
    this.host.world.watchActors(life.process.name, life.system);
    life.process.kill();
  }
}

/** A clock that counts durations by the time of the day: a planted fault. */
function byWallClock(clock: Clock): Clock {
  return { nowMs: clock.nowMs, monotonicMs: clock.nowMs, after: clock.after };
}

function siteOf({ server, dns }: CoreTenant): TenantSite {
  const servers = [{ host: server.tenant, port: 1 }];
  const one = { name: `sw-${server.tenant}`, servers, dns, leftOut: 0 };
  return { name: server.tenant, dbid: tenantNumber(server.tenant), client: { name: 'sim' }, switches: [one] };
}
