// A storm: calls come and go, and meanwhile every process of a cluster is killed again and again, one after the other, as the seed decides.
// Of two that stand in for one another only one is killed at a time: the other one has to be there.

import type { ActorView, SystemView } from '#actors/kit';
import { coreControl } from '#cluster/core';
import { recorderControl } from '#cluster/recorder';
import { type GroupReport, resourceManagerControl } from '#cluster/resource-manager';
import { isRunning } from '#ops/start';
import { type Random, systemClock, systemRandom } from '#src/ports';
import { startProxy } from '#src/sip/proxy';
import type { StormStep } from './drill.ts';
import type { DrilledCluster } from './drilled-cluster.io.ts';
import { type DrilledNode, until } from './drilled-node.io.ts';

const twins = ['edge', 'capture', 'recorder', 'keeper', 'core', 'resource-manager'] as const;
/** On the first node alone: nothing that is recorded may need it. */
type Target = (typeof twins)[number] | 'redis';

interface Kill {
  readonly target: Target;
  readonly node: 0 | 1;
}

const backMsMax = 60_000;
const lookMs = 50;
const askMsMax = 500;

export interface StormPlan {
  readonly kills: readonly Kill[];
  /** Of each call. */
  readonly spokenMs: readonly number[];
}

/** Everything is killed once before anything is killed again. */
export function planStorm(
  { spokenMs: [least, most] }: StormStep,
  calls: number,
  kills: number,
  random: Random,
): StormPlan {
  const all: readonly Kill[] = [
    ...twins.flatMap((target) => ([0, 1] as const).map((node) => ({ target, node }))),
    { target: 'redis', node: 0 },
  ];
  const rounds = Array.from({ length: Math.ceil(kills / all.length) }, () => shuffled(all, random));
  return {
    kills: rounds.flat().slice(0, kills),
    spokenMs: Array.from({ length: calls }, () => least + random.fraction() * (most - least)),
  };
}

/**
 * Resolves when all calls have come and gone, every kill is done, and every process is there again. Where kills have to wait
 * for processes to be there again, so do calls: they come as long as something is killed.
 */
export async function performStorm(
  cluster: DrilledCluster,
  { everyMs, atOnceMax }: StormStep,
  { kills, spokenMs }: StormPlan,
  tell: (text: string) => void,
): Promise<void> {
  const callsPerKill = spokenMs.length / kills.length;
  const killEveryMs = everyMs * callsPerKill;
  let done = 0;
  await Promise.all([
    callAll(cluster, spokenMs, everyMs, atOnceMax, () => (done + 1) * callsPerKill),
    (async () => {
      for (const kill of kills) {
        const untilMs = systemClock.monotonicMs() + killEveryMs;
        await twinOf(cluster, kill);
        await killed(cluster.nodes[kill.node]!, kill.target);
        done += 1;
        tell(`kill -9 of ${kill.target} of ${kill.node === 0 ? 'the first' : 'the second'} node`);
        await pause(Math.max(0, untilMs - systemClock.monotonicMs()));
      }
    })(),
  ]);
  await cluster.awaitComplete();
}

async function callAll(
  { telephony }: DrilledCluster,
  spokenMs: readonly number[],
  everyMs: number,
  atOnceMax: number,
  due: () => number,
): Promise<void> {
  const { calls } = telephony;
  for (const ms of spokenMs) {
    while (calls.length >= due() || calls.filter(({ phase }) => phase === 'talking').length >= atOnceMax)
      await pause(lookMs);
    const call = telephony.establish();
    systemClock.after(ms, () => void telephony.end(call));
    await pause(everyMs);
  }
  while (calls.some(({ phase }) => phase === 'talking')) await pause(lookMs);
}

/** Waits until the one that stands in for it works, and those know it who are to turn to it. */
async function twinOf(cluster: DrilledCluster, { target, node }: Kill): Promise<void> {
  const twin = cluster.nodes[1 - node]!;
  const works = async () => {
    switch (target) {
      case 'redis':
        return true;
      case 'core':
        return cluster.isComplete();
      case 'resource-manager':
        return (await groupsOf(twin)) !== undefined;
      default:
        return takesCalls(cluster, twin);
    }
  };
  await until(`the twin of a ${target} to work`, async () => (await works()) || undefined, backMsMax);
}

/** Its recorder has its capture, every resource manager that runs sends calls there, and at this moment its edge brings them to it. */
async function takesCalls({ nodes }: DrilledCluster, node: DrilledNode): Promise<boolean> {
  const report = await node.report();
  const known = (await Promise.all(nodes.map(groupsOf))).filter((groups) => groups !== undefined);
  const members = known.flat().flatMap((group) => group.members.filter(({ aor }) => aor === node.aor));
  if (report?.['packets'] === undefined || members.length === 0) return false;
  // What a resource manager says of it may be some seconds old.
  return members.every(({ phase }) => phase === 'up') && saysSo(node);
}

/** Its recorder is asked by OPTIONS, as calls would come to it. */
async function saysSo({ aor, sip: { address } }: DrilledNode): Promise<boolean> {
  const proxy = await startProxy({
    listeners: [{ transport: 'udp', address, port: 0 }],
    router: { way: () => ({ status: 503, reason: 'takes no calls' }), inDialog: () => undefined },
    answerMsMax: askMsMax,
    clock: systemClock,
    random: systemRandom,
  });
  try {
    return (await proxy.ask(aor, askMsMax))?.status === 200;
  } finally {
    await proxy.close();
  }
}

/** Undefined while its resource manager does not answer. */
async function groupsOf({ layout }: DrilledNode): Promise<readonly GroupReport[] | undefined> {
  return (await resourceManagerControl.report(layout.resourceManagerSocket).catch(() => undefined))?.groups;
}

/** Resolves when it is gone, and what goes with it: until then it might be taken for one that works. */
async function killed(node: DrilledNode, target: Target): Promise<void> {
  const isManaged = target === 'core' || target === 'resource-manager';
  const roles: readonly string[] = target === 'keeper' ? ['keeper', 'edge', 'capture'] : [target];
  const kill = async () => {
    const dying = [...(await node.pids())].flatMap(([role, pid]) => (roles.includes(role) ? [pid] : []));
    await (isManaged ? node.signalManaged(target, 'SIGKILL') : node.signal(target, 'SIGKILL'));
    return dying;
  };
  const dying = await until(`a ${target} to be there`, () => kill().catch(() => undefined), backMsMax);
  const isGone = async () => !(await Promise.all(dying.map(isRunning))).includes(true) || undefined;
  await until(`a ${target} to be gone`, isGone, backMsMax);
}

/**
 * What cores and recorders have yet to say of calls; of what is over and said cores know nothing any more, and of a take that ended and was
 * never answered nothing comes.
 */
export async function unsaid(cluster: DrilledCluster): Promise<readonly string[]> {
  const left = await leftActive(cluster);
  for (const [name, node] of cluster.namedNodes) {
    for (const { sid, takes } of await coreControl.couples(node.layout.coreSocket))
      for (const { take, phase } of takes)
        if (phase === 'running') left.push(`take ${take} of couple ${sid} is running at ${name}`);
    const { sessions = 0, backlog = 0 } = (await node.report()) ?? {};
    if (sessions > 0) left.push(`the recorder of ${name} has ${sessions} sessions`);
    if (backlog > 0) left.push(`the recorder of ${name} has ${backlog} recordings to finish`);
  }
  return left;
}

/** Couples and sessions that count as active still, in words of those who hold them. */
export async function leftActive({ namedNodes, telephony }: DrilledCluster): Promise<string[]> {
  const left: string[] = [];
  for (const [name, node] of namedNodes) {
    for (const { sid, callUuid, phase, takes } of await coreControl.couples(node.layout.coreSocket)) {
      const ofTakes = takes.map((take) => `${take.node} ${take.phase}`).join(', ');
      if (phase !== 'ended') left.push(`couple ${sid} of ${callUuid} is ${phase} at ${name}, takes: ${ofTakes}`);
    }
    // What is over and is being made a recording of counts as backlog.
    for (const { path, phase, summary } of await sessionsOf(node)) {
      if (phase === 'finishing' || phase === 'finished') continue;
      const call = telephony.calls.find(({ media }) => media?.recordId === summary?.['recordingId']);
      left.push(`session ${path} of ${name} is ${phase}, of ${call?.callUuid ?? 'no call'}: ${call?.story.join('; ')}`);
    }
  }
  return left;
}

async function sessionsOf({ layout }: DrilledNode): Promise<readonly ActorView[]> {
  const { roots } = (await recorderControl.actors(layout.recorderSocket)) as SystemView;
  return roots.flatMap(({ children }) => children).filter(({ kind }) => kind === 'session');
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, at: random.fraction() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}
