// One site of the simulation: two tenants with the same numbers, their telephony servers, a media server, recording nodes, cores and a
// Redis. Everything that can fail can be reached from here.

import { CoreNode } from './core-node.ts';
import { Host } from './host.ts';
import { Ledger } from './ledger.ts';
import { MediaServer } from './media-server.ts';
import { RecorderNode } from './recorder-node.ts';
import { recordedDns, tenantNames, watchedDns } from './tenants.ts';
import { VirtualRedis } from './virtual-redis.ts';
import { VirtualSwitch } from './virtual-switch.ts';
import type { World } from './world.ts';

export class Site {
  readonly world: World;
  readonly ledger: Ledger;
  readonly switches: readonly VirtualSwitch[];
  readonly media: MediaServer;
  readonly recorders: readonly RecorderNode[];
  readonly cores: readonly CoreNode[];
  readonly redis: VirtualRedis;

  constructor(world: World) {
    this.world = world;
    this.ledger = new Ledger(world);
    const recorded = new Set<string>(recordedDns);
    this.media = new MediaServer(new Host(world, 'media'), () => this.recorders);
    const telephony = new Host(world, 'telephony');
    this.switches = tenantNames.map(
      (tenant) =>
        new VirtualSwitch(telephony, tenant, this.media, (calls) => this.ledger.stands(tenant, calls, recorded)),
    );
    this.redis = new VirtualRedis(new Host(world, 'redis'));
    const tenants = this.switches.map((server) => ({ server, dns: watchedDns, recorded: recordedDns }));
    this.cores = ['c1'].map((name) => new CoreNode(new Host(world, name), tenants, this.redis, this.ledger));
    this.recorders = ['n1', 'n2'].map(
      (name) => new RecorderNode(new Host(world, name), this.media, this.ledger, () => this.cores),
    );
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
    this.redis.judge(ledger.told);
  }

  /** A sample of what must hold at every moment and costs too much to be looked at so often. */
  look(): void {
    const { world, ledger } = this;
    for (const { host, system } of [...this.cores, ...this.recorders]) {
      if (system) world.watchActors(host.name, system);
    }
    for (const { host, capture } of this.recorders)
      for (const [stream, sinceMs] of capture.abandoned) {
        if (world.nowMs - sinceMs > ledger.lateMsMax && !ledger.isExcused(sinceMs, world.nowMs))
          world.breach(
            'what has ended is over',
            `nobody sends to the stream ${stream.slice(0, 6)} of ${host.name} since ${(sinceMs / 1_000).toFixed(3)} s`,
          );
      }
  }
}
