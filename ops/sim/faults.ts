// What fails in a run: one thing at a time, drawn from the seed. Each fault says what it excuses; everything else has to go on as if
// nothing had happened.

import { drainingKey, rebalanceKey } from '#cluster/redis';
import type { CoreNode } from './core-node.ts';
import type { Excuse } from './excuses.ts';
import type { Host } from './host.ts';
import type { RecorderNode } from './recorder-node.ts';
import type { Site } from './site.ts';

/** Makes something fail now; gives how long it lasts. */
type Fault = (site: Site) => number;

/** An INVITE without an answer goes to the next recorder after 4 s. */
const nextRecorderMs = 4_600;
const kernelMs = 1_000;
/** Of a recorder that does not answer the media server is sure after 2 s; and the next one may be the same. */
const elsewhereMs = 2_000 + nextRecorderMs + 1_000;
/** A host that is silent is missed after a second, and its node known to be gone half a second later. */
const silentMs = 1_500;
/** How long a recorder that was killed may be away, until it has said which pauses hold. */
const recorderAwayMs = 3_000;
/** A recording that no recorder takes is asked for again so much later. */
const againMs = 15_000;
/** In a storm so many things fail within so long. */
const [stormMs, stormFaults] = [3_000, 4];
const stormy = [
  'core-kill',
  'pause-core',
  'recorder-kill',
  'capture-kill',
  'node-kill',
  'redis-kill',
  'redis-flush',
  'rebalance',
] as const;

export const faults = {
  'core-kill': (site) => {
    const lasts = site.world.between(200, 3_000);
    const core = site.world.pick(site.cores);
    away(site, core, lasts + 1_500);
    core.kill(lasts);
    return lasts;
  },
  'core-power-loss': (site) => {
    const lasts = site.world.between(1_000, 5_000);
    const core = site.world.pick(site.cores);
    away(site, core, lasts + 1_500);
    core.losePower(lasts);
    return lasts;
  },
  'pause-core': (site) => {
    const lasts = site.world.between(200, 6_000);
    const core = site.world.pick(site.cores);
    away(site, core, lasts + 1_500);
    const process = core.process!;
    // A machine that was suspended may show the time at which it was.
    if (site.world.chance(0.3)) core.host.skewMs -= lasts;
    process.stop();
    site.world.after(lasts, () => process.goOn());
    return lasts;
  },
  'recorder-kill': (site) => {
    const lasts = site.world.between(300, recorderAwayMs - 500);
    starts(site, Math.max(lasts, nextRecorderMs));
    site.world.pick(site.recorders).killRecorder(lasts);
    return lasts;
  },
  'pause-recorder': (site) => {
    const lasts = site.world.between(200, 6_000);
    starts(site, lasts + nextRecorderMs);
    news(site, lasts);
    const process = site.world.pick(site.recorders).recorder!;
    process.stop();
    site.world.after(lasts, () => process.goOn());
    return lasts;
  },
  'recorder-replaced': (site) => {
    const lasts = site.world.between(1_000, 6_000);
    starts(site, lasts + nextRecorderMs);
    news(site, lasts);
    site.world.pick(site.recorders).replaceRecorder(lasts);
    return lasts;
  },
  'capture-kill': (site) => {
    const lasts = site.world.chance(0.6) ? site.world.between(20, 200) : site.world.between(200, 2_500);
    captureAway(site, site.world.pick(site.recorders), lasts, (node) => node.capture.kill(lasts));
    return lasts;
  },
  'pause-capture': (site) => {
    const lasts = site.world.between(100, 3_000);
    captureAway(site, site.world.pick(site.recorders), lasts, (node) => {
      const { process } = node.capture;
      process.stop();
      site.world.after(lasts, () => process.goOn());
    });
    return lasts;
  },
  'capture-and-recorder-kill': (site) => {
    const lasts = site.world.between(300, 2_500);
    const node = site.world.pick(site.recorders);
    captureAway(site, node, 100, () => node.capture.kill(100));
    starts(site, Math.max(lasts, nextRecorderMs));
    node.killRecorder(lasts);
    return lasts;
  },
  'edge-kill': (site) => {
    const lasts = site.world.between(20, 1_000);
    starts(site, lasts + nextRecorderMs);
    site.world.pick(site.recorders).edge.kill(lasts);
    return lasts;
  },
  'node-kill': (site) => {
    const lasts = site.world.between(1_000, 20_000);
    const node = site.world.pick(site.recorders);
    media(site, node, -waitingMs(node), elsewhereMs, 'for good');
    starts(site, lasts + nextRecorderMs);
    news(site, lasts + elsewhereMs);
    node.killNode(lasts);
    // Nobody is left who could take what it had, or what another one had before.
    const group = site.recorders.filter((one) => one.group === node.group);
    if (!group.some((one) => one.isKept))
      for (const one of group) media(site, one, -waitingMs(one), lasts + againMs + nextRecorderMs);
    return lasts;
  },
  'node-power-loss': (site) => {
    const lasts = site.world.between(2_000, 10_000);
    const node = site.world.pick(site.recorders);
    media(site, node, -200, silentMs + elsewhereMs, 'for good');
    starts(site, lasts + nextRecorderMs);
    news(site, lasts + elsewhereMs);
    node.losePower(lasts);
    return lasts;
  },
  'tlib-break': (site) => {
    starts(site, 2_000);
    site.world.pick(site.switches).breakLines();
    return 1_500;
  },
  'partition-core-telephony': (site) => {
    const lasts = site.world.between(300, 15_000);
    const core = site.world.pick(site.cores);
    away(site, core, lasts + 16_000);
    part(site, core.host, site.switches[0]!.process.host, lasts);
    return lasts;
  },
  'partition-core-recorder': (site) => {
    const lasts = site.world.between(300, 10_000);
    const core = site.world.pick(site.cores);
    away(site, core, lasts);
    part(site, core.host, site.world.pick(site.recorders).host, lasts);
    return lasts;
  },
  'partition-media-recorder': (site) => {
    const lasts = site.world.between(100, 8_000);
    const node = site.world.pick(site.recorders);
    starts(site, lasts + nextRecorderMs);
    media(site, node, 0, lasts);
    part(site, site.media.host, node.host, lasts);
    return lasts;
  },
  'redis-kill': (site) => {
    const lasts = site.world.between(500, 30_000);
    duties(site, lasts + 2_000);
    site.redis.leave(site.world.pick(['refuses', 'hangs']));
    site.world.after(lasts, () => site.redis.comeBack());
    return lasts;
  },
  'redis-failover': (site) => {
    const lasts = site.world.between(200, 3_000);
    leases(site, lasts);
    site.redis.leave('refuses');
    site.world.after(lasts, () => {
      site.redis.failOver(site.world.between(0, 1_000), site.world.between(-2_000, 2_000));
      site.redis.comeBack();
    });
    return lasts;
  },
  'partition-core-redis': (site) => {
    const lasts = site.world.between(500, 15_000);
    duties(site, lasts + 2_000);
    part(site, site.world.pick(site.cores).host, site.redis.host, lasts);
    return lasts;
  },
  'redis-flush': (site) => {
    leases(site, 0);
    site.redis.flush();
    return 0;
  },
  'clock-skew': (site) => {
    const { host } = site.world.pick([...site.cores, ...site.recorders]);
    host.skewMs = site.world.between(-30_000, 30_000);
    return 0;
  },
  'clock-jump': (site) => {
    const { host } = site.world.pick([...site.cores, ...site.recorders]);
    host.skewMs = site.world.between(-300_000, 300_000);
    return 0;
  },
  rebalance: (site) => {
    const lasts = 1_000;
    duties(site, lasts);
    site.redis.write(rebalanceKey, String(site.world.nowMs));
    return lasts;
  },
  drain: (site) => {
    const lasts = site.world.between(5_000, 20_000);
    const core = site.world.pick(site.cores);
    const say = (phase: 'draining' | 'open') =>
      site.redis.write(drainingKey, { ...(site.redis.read(drainingKey) as object), [core.host.name]: phase });
    away(site, core, lasts + 6_000);
    say('draining');
    site.world.after(lasts, () => say('open'));
    return lasts + 4_000;
  },
  storm: (site) => {
    const { world } = site;
    starts(site, 2 * stormMs + nextRecorderMs);
    for (let n = 0; n < stormFaults; n++)
      world.after(world.between(0, stormMs), () => {
        const name = world.pick(stormy);
        world.note('fault', `${name} in a storm for ${faults[name](site).toFixed(0)} ms`);
      });
    return 3 * stormMs;
  },
  'hostile-events': (site) => {
    const lasts = site.world.between(5_000, 30_000);
    starts(site, lasts + 1_000);
    for (const server of site.switches) server.hostility = { twice: 0.2, late: 0.2 };
    site.world.after(lasts, () => {
      for (const server of site.switches) server.hostility = { twice: 0, late: 0 };
    });
    return lasts;
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as readonly FaultName[];

/** How long everything is left alone between two faults. */
const restMs = [1_000, 25_000] as const;

/** How often a fault waits for a moment at which it does most harm: an order, an answer. */
const [strikeShare, strikeMs] = [0.5, [0, 30]] as const;

/** One fault after the other until `untilMs`. */
export function playFaults(site: Site, untilMs: number, names: readonly FaultName[] = faultNames): void {
  const { world } = site;
  const strike = () => {
    if (world.nowMs >= untilMs) return;
    const name = world.pick(names);
    const lasts = faults[name](site);
    world.note('fault', `${name} for ${lasts.toFixed(0)} ms`);
    world.after(lasts + world.between(...restMs), next);
  };
  const next = () => {
    if (world.chance(strikeShare)) world.awaitMoment(() => world.after(world.between(...strikeMs), strike));
    else strike();
  };
  world.after(world.between(2_000, 10_000), next);
}

function starts(site: Site, lastsMs: number): void {
  excuse(site, { what: 'starts', fromMs: site.world.nowMs, toMs: site.world.nowMs + lastsMs });
}

/** What is finished meanwhile no core hears of: until the link is there again. */
function news(site: Site, lastsMs: number): void {
  excuse(site, { what: 'news', fromMs: site.world.nowMs, toMs: site.world.nowMs + lastsMs });
}

/** One core is of no use: its twin is. */
function away(site: Site, { host }: CoreNode, lastsMs: number): void {
  excuse(site, { what: 'core', host: host.name, fromMs: site.world.nowMs, toMs: site.world.nowMs + lastsMs });
}

/** Nobody acts, or one that knows less than the others. */
function duties(site: Site, lastsMs: number): void {
  excuse(site, { what: 'duties', fromMs: site.world.nowMs, toMs: site.world.nowMs + lastsMs });
}

/** Two may believe to act, for the life of a lease. */
function leases(site: Site, lastsMs: number): void {
  const { nowMs } = site.world;
  excuse(site, { what: 'leases', fromMs: nowMs, toMs: nowMs + lastsMs + 3_000 });
}

/** What goes with a node: the last block, what waits in sockets for capture, and what capture withholds until a recorder is back. */
function waitingMs({ capture, recorder }: RecorderNode): number {
  if (recorder?.phase !== 'running') return recorderAwayMs;
  return capture.process.phase === 'running' ? 20 : kernelMs;
}

/** `for good`: a copy that is one of two is not begun anew. */
function media(site: Site, node: RecorderNode, fromMs: number, toMs: number, how?: 'for good'): void {
  const { nowMs } = site.world;
  const span = { fromMs: nowMs + fromMs, toMs: nowMs + toMs };
  excuse(site, { what: 'media', host: node.host.name, ...span, ...(how && { how }) });
}

/** A block is lost; and when it is away longer than sockets can wait, what came when they were full. */
function captureAway(site: Site, node: RecorderNode, lastsMs: number, act: (node: RecorderNode) => void): void {
  const { nowMs } = site.world;
  media(site, node, -20, 0);
  excuse(site, { what: 'gates', fromMs: nowMs, toMs: nowMs + lastsMs });
  if (lastsMs > kernelMs - 50) media(site, node, kernelMs, lastsMs);
  starts(site, lastsMs + nextRecorderMs);
  act(node);
}

/** One way or both ways. */
function part({ world }: Site, one: Host, other: Host, lastsMs: number): void {
  const ways = world.pick([
    [[one, other]],
    [[other, one]],
    [
      [one, other],
      [other, one],
    ],
  ] as const);
  for (const [from, to] of ways) world.network.cut(from, to);
  world.note('fault', `no way ${ways.map(([from, to]) => `${from.name} to ${to.name}`).join(', ')}`);
  world.after(lastsMs, () => {
    for (const [from, to] of ways) world.network.heal(from, to);
    world.note('fault', `the way is there again`);
  });
}

function excuse(site: Site, one: Excuse): void {
  site.ledger.excuses.add(one);
}
