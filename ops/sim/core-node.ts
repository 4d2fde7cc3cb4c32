// A core of the simulation: the real actors of its tenants, the real rules about recorders and couples, on a journal, a network and a
// Redis that are not.

import type { CallFact, CallRecorders, CoupleWord } from '#actors/call';
import { type ActorSystem, type Address, seedActorSystem } from '#actors/kit';
import { type TenantMessage, type TenantSettings, tenant } from '#actors/tenant';
import { tree } from '#actors/tree';
import { Couples, Homes, JournaledCalls, Recorders, type TenantSite, tenantSettingsOf } from '#cluster/core';
import { Outbox, type OutboxNote } from '#cluster/outbox';
import { parseConfig } from '#src/config';
import { seededRandom } from '#src/ports';
import type { Couple } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { alwaysActs } from '#src/shards';
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
}

const config = parseConfig('', 'defaults');
const outboxBytesMax = 2 ** 30;
const outboxLookMs = 10_000;
/** As long as a run has time for at its end. */
const lostLingerMs = 30_000;
const askMsMax = 2_000;

interface CoreLife {
  readonly process: VirtualProcess;
  readonly system: ActorSystem;
  readonly journal: VirtualJournal<CallFact>;
  readonly recorders: Recorders;
  readonly tenants: ReadonlyMap<string, Address<TenantMessage>>;
}

export class CoreNode {
  readonly host: Host;
  readonly #tenants: readonly CoreTenant[];
  readonly #redis: VirtualRedis;
  readonly #ledger: Ledger;
  readonly #disk: VirtualDisk;
  readonly #outboxDisk: VirtualDisk;
  #life: CoreLife | undefined;
  #lives = 0;

  constructor(host: Host, tenants: readonly CoreTenant[], redis: VirtualRedis, ledger: Ledger) {
    this.host = host;
    this.#tenants = tenants;
    this.#redis = redis;
    this.#ledger = ledger;
    this.#disk = new VirtualDisk(host.world, `${host.name}/core-journal`);
    this.#outboxDisk = new VirtualDisk(host.world, `${host.name}/core-outbox`);
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

  start(): void {
    const { host } = this;
    if (host.phase !== 'up') return;
    const { world } = host;
    this.#lives += 1;
    const process = new VirtualProcess(host, `core.${this.#lives}`);
    const journal = new VirtualJournal<CallFact>(process, this.#disk);
    const outbox = new Outbox(new VirtualJournal<OutboxNote>(process, this.#outboxDisk), {
      redis: this.#redis.client(process),
      node: host.name,
      process: 'core',
      bytesMax: outboxBytesMax,
      lookMs: outboxLookMs,
      clock: process.clock,
      onAlarm: ({ alarm, message }) => world.breach('no crash', `${alarm} of ${process.name}: ${message}`),
    });
    const couples = new Couples({ outbox, clock: process.clock, secure: () => journal.secure() });
    let homes = new Homes([]);
    const tenants = new Map<string, Address<TenantMessage>>();
    const tell = (messageTo: (name: string) => TenantMessage) => {
      for (const [name, address] of tenants) system.send(address, messageTo(name));
    };
    const facts = new JournaledCalls(journal);
    const recorders = new Recorders({
      clock: process.clock,
      recorderReturnMs: config.core.recorderReturnMs,
      onNews: (news, again) => {
        const home = homes.of(news);
        tell((name) => ({
          type: 'news',
          news,
          home: world.isPlanted('news-to-every-tenant') ? 'sure' : name === home.tenant && !again ? home.is : 'no',
        }));
      },
      onLost: (takes) => tell(() => ({ type: 'takes-lost', takes })),
      watchLife: () => ({ cancel() {} }), // no recorder of this world says where its node can be seen to live
      onFenced: () => {},
    });
    for (const take of facts.takes()) recorders.expect(take);
    const system = seedActorSystem(
      {
        name: 'core',
        tree,
        clock: process.clock,
        random: seededRandom(world.seed),
        log: systemLog(process),
        onFailure: ({ path }) => world.breach('no crash', `${path} of ${process.name} failed for good`),
      },
      world.seed + this.#lives,
    );
    const rules = new RuleBook(rulesOfDns(this.#tenants[0]!.recorded));
    const ports = {
      facts,
      recorders: this.#ordersSeen(recorders),
      couples: {
        tell: (word: CoupleWord) => {
          this.#ledger.coupleTold(host.name, this.#named(word.couple));
          couples.tell(word);
        },
      },
      dutyOf: alwaysActs(process.name),
    };
    homes = new Homes(this.#tenants.map(siteOf));
    this.#life = { process, system, journal, recorders, tenants };
    for (const { server, dns } of this.#tenants) {
      const settings: TenantSettings = {
        ...tenantSettingsOf(config, server.tenant),
        notification: { ...config.core.tenantDefaults.notification, audio: true },
        name: server.tenant,
        lostLingerMs,
        rules,
      };
      const address = system.spawn(tenant, `tenant:${server.tenant}`, {
        settings: () => settings,
        ports: {
          ...ports,
          telephony: { connect: (_tenant, _switch, listener) => new TLibPort(process, server, listener) },
        },
        switches: () => [{ name: `sw-${server.tenant}`, dns }],
      });
      tenants.set(server.tenant, address);
    }
    world.note(process.name, `begins with ${journal.subjects().length} calls`);
  }

  /** A recorder dials; undefined while nobody listens. */
  accept(end: LineEnd<FromCore>): Side<FromRecorder> | undefined {
    const life = this.#life;
    if (life?.process.phase !== 'running') return undefined;
    return acceptRecorder(life.process, end, life.recorders);
  }

  /** What a supervisor orders; gives the couples it was passed to. Rejects when the core is away. */
  async command(of: string, command: 'pause' | 'resume', recording: string): Promise<readonly string[]> {
    const life = this.#life;
    if (life?.process.phase !== 'running') return [];
    return life.system.ask<TenantMessage, readonly string[]>(
      life.tenants.get(of)!,
      (reply) => ({ type: 'command', command, recording, by: 'supervisor', reply }),
      askMsMax,
    );
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
    this.#ledger.powerLost();
    host.world.after(downMs, () => {
      host.phase = 'up';
      host.world.network.changed();
      this.start();
    });
  }

  compareFacts(): void {
    this.#life?.journal.compare();
  }

  #named(couple: Couple): Couple {
    const isOther = this.host.world.isPlanted('couple-named-by-the-clock');
    return isOther ? { ...couple, sid: `${couple.sid}-${this.#lives}` } : couple;
  }

  /** What a recorder has confirmed holds for whoever ordered it. */
  #ordersSeen(recorders: Recorders): CallRecorders {
    return {
      order: async (command, recordingId, ordering) => {
        const takes = await recorders.order(command, recordingId, ordering);
        if (this.#life?.process.phase === 'running') this.#ledger.obeyed(command, recordingId, takes);
        return takes;
      },
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

function siteOf({ server, dns }: CoreTenant): TenantSite {
  const one = { name: `sw-${server.tenant}`, servers: [], dns, leftOut: 0 };
  return { name: server.tenant, dbid: tenantNumber(server.tenant), client: { name: 'sim' }, switches: [one] };
}
