// One site of the simulation: two tenants with the same numbers, their telephony servers, a media server, recording nodes, cores and a
// Redis. Everything that can fail can be reached from here.

import type { Timer } from '#src/ports';
import type { Couple } from '#src/recording';
import { type CoreGround, CoreNode } from './core-node.ts';
import { Host } from './host.ts';
import { Ledger } from './ledger.ts';
import { MediaServer } from './media-server.ts';
import { RecorderNode } from './recorder-node.ts';
import { recordedDns, tenantNames, watchedDns } from './tenants.ts';
import type { VirtualProcess } from './virtual-process.ts';
import { VirtualRedis } from './virtual-redis.ts';
import { VirtualSwitch } from './virtual-switch.ts';
import type { World } from './world.ts';

/** Of the days: all calls of one tenant are recorded twice. */
const shareOfDuplicated = 0.4;
const [lifeLookMs, lifeAnswerMsMax] = [50, 500];

export class Site {
  readonly world: World;
  readonly ledger: Ledger;
  readonly switches: readonly VirtualSwitch[];
  readonly media: MediaServer;
  readonly recorders: readonly RecorderNode[];
  readonly cores: readonly CoreNode[];
  readonly redis: VirtualRedis;

  /** Of three cores each watches a part of the DNs. */
  constructor(world: World, cores: 2 | 3) {
    this.world = world;
    this.ledger = new Ledger(world, () => this.redis.movedMs);
    const recorded = new Set<string>(recordedDns);
    this.media = new MediaServer(new Host(world, 'media'), () => this.recorders);
    const telephony = new Host(world, 'telephony');
    this.switches = tenantNames.map(
      (tenant) =>
        new VirtualSwitch(telephony, tenant, this.media, (calls) => this.ledger.stands(tenant, calls, recorded)),
    );
    this.redis = new VirtualRedis(new Host(world, 'redis'));
    const duplicated = world.chance(shareOfDuplicated) ? tenantNames[1] : undefined;
    const tenants = this.switches.map((server) => ({
      server,
      dns: watchedDns,
      recorded: recordedDns,
      isDuplicated: server.tenant === duplicated,
    }));
    const names = ['c1', 'c2', 'c3'].slice(0, cores);
    const watchLife: CoreGround['watchLife'] = (watcher, { host }, gone) => this.#watchLife(watcher, host, gone);
    this.cores = names.map(
      (name) =>
        new CoreNode({ host: new Host(world, name), tenants, redis: this.redis, ledger: this.ledger, watchLife }),
    );
    const places = [['n1', 0] as const, ['n2', 0] as const, ...(duplicated ? [['n3', 1] as const] : [])];
    this.recorders = places.map(
      ([name, group]) => new RecorderNode(new Host(world, name), group, this.media, this.ledger, () => this.cores),
    );
    this.ledger.knowMedia({
      duplicated,
      groupOf: (host) => this.recorders.find((node) => node.host.name === host)!.group,
      copiesOf: (id) => this.media.copiesOf(id),
    });
    for (const core of this.cores) core.start();
    for (const recorder of this.recorders) recorder.startRecorder();
  }

  /** Nothing that has ended may still be held anywhere, and every recording must be what it has to be. */
  judge(): void {
    const { world, recorders, cores, media, ledger } = this;
    const left = (what: string, count: number) => {
      if (count > 0) world.breach('what has ended is over', `${count} ${what}`);
    };
    for (const core of cores) {
      core.compareFacts();
      left(`calls of ${core.host.name}: ${core.calls.join(', ')}`, core.calls.length);
      if (core.system) world.watchActors(core.process!.name, core.system);
    }
    for (const node of recorders) {
      const { name } = node.host;
      node.compareFacts();
      left(`takes of ${name}: ${node.takes.join(', ')}`, node.takes.length);
      left(`streams of ${name}`, node.capture.open.length);
      if (node.system) world.watchActors(node.recorder!.name, node.system);
    }
    left('dialogs of the media server', media.dialogs.length);
    for (const { tenant, calls } of this.switches) left(`calls of the switch of ${tenant}`, calls.size);
    ledger.judge(recorders.flatMap((node) => node.finished.list()));
    ledger.couples.judgeTwins();
    this.#judgeRedis();
  }

  /** Of every couple that a living core has told of, Redis has the last word of one of them. */
  #judgeRedis(): void {
    const { world, ledger, redis } = this;
    const bySid = new Map<string, Couple[]>();
    for (const { word } of ledger.couples.told) bySid.set(word.sid, [...(bySid.get(word.sid) ?? []), word.couple]);
    const kept = new Set(ledger.couples.toldInThisLife.map(({ word }) => word.sid));
    for (const [sid, couples] of bySid) {
      if (!kept.has(sid)) continue;
      const known = redis.couple(couples[0]!);
      if (!couples.some((couple) => JSON.stringify(couple) === known))
        world.breach(
          'the last word counts',
          `Redis has ${known === undefined ? 'no word' : 'another word'} on the couple ${sid.slice(0, 6)} than any core told last`,
        );
    }
  }

  /** Whether anybody accepts connections there, as often as it takes to know soon. */
  #watchLife(watcher: VirtualProcess, host: string, gone: () => void): { cancel(): void } {
    const { network } = this.world;
    const node = this.recorders.find((one) => one.host.name === host)!;
    let timer: Timer | undefined;
    const look = () => {
      const isReached = network.reaches(watcher.host, node.host) && network.reaches(node.host, watcher.host);
      if (isReached && node.isKept) timer = watcher.clock.after(lifeLookMs, look);
      else timer = watcher.clock.after(isReached ? 1 : lifeAnswerMsMax, gone);
    };
    look();
    return { cancel: () => timer?.cancel() };
  }

  /** A sample of what must hold at every moment and costs too much to be looked at so often. */
  look(): void {
    const { world, ledger } = this;
    for (const { host, system } of [...this.cores, ...this.recorders]) {
      if (system) world.watchActors(host.name, system);
    }
    for (const { host, capture } of this.recorders)
      for (const [stream, sinceMs] of capture.abandoned) {
        if (world.nowMs - sinceMs > ledger.lateMsMax && !ledger.excuses.isExcused(sinceMs, world.nowMs))
          world.breach(
            'what has ended is over',
            `nobody sends to the stream ${stream.slice(0, 6)} of ${host.name} since ${(sinceMs / 1_000).toFixed(3)} s`,
          );
      }
  }
}
