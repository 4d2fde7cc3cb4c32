// A storm: calls come and go, and meanwhile every process of a cluster is killed again and again, one after the other, as the seed decides.
// Of two that stand in for one another only one is killed at a time: the other one has to be there.

import { coreControl } from '#cluster/core';
import { type Random, systemClock } from '#src/ports';
import type { StormStep } from './drill.ts';
import type { DrilledCluster } from './drilled-cluster.io.ts';
import { type DrilledNode, until } from './drilled-node.io.ts';

const twins = ['edge', 'capture', 'recorder', 'keeper', 'core'] as const;
/** There is one of these, on the first node. */
const alone = ['redis', 'resource-manager'] as const;
type Target = (typeof twins)[number] | (typeof alone)[number];

interface Kill {
  readonly target: Target;
  readonly node: 0 | 1;
}

const backMsMax = 30_000;
const lookMs = 50;

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
    ...alone.map((target) => ({ target, node: 0 }) as const),
  ];
  const rounds = Array.from({ length: Math.ceil(kills / all.length) }, () => shuffled(all, random));
  return {
    kills: rounds.flat().slice(0, kills),
    spokenMs: Array.from({ length: calls }, () => least + random.fraction() * (most - least)),
  };
}

/** Resolves when all calls have come and almost all have gone, every kill is done, and every process is there again. */
export async function performStorm(
  cluster: DrilledCluster,
  { everyMs, atOnceMax }: StormStep,
  { kills, spokenMs }: StormPlan,
  tell: (text: string) => void,
): Promise<void> {
  const killEveryMs = (everyMs * spokenMs.length) / kills.length;
  await Promise.all([
    callAll(cluster, spokenMs, everyMs, atOnceMax),
    (async () => {
      for (const kill of kills) {
        const untilMs = systemClock.monotonicMs() + killEveryMs;
        await twinOf(cluster, kill);
        await killed(cluster.nodes[kill.node]!, kill.target);
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
): Promise<void> {
  for (const ms of spokenMs) {
    while (telephony.calls.filter(({ phase }) => phase === 'talking').length >= atOnceMax) await pause(lookMs);
    const call = telephony.establish();
    systemClock.after(ms, () => void telephony.end(call));
    await pause(everyMs);
  }
}

/** Waits until the one that stands in for it works. */
async function twinOf(cluster: DrilledCluster, { target, node }: Kill): Promise<void> {
  const twin = cluster.nodes[1 - node]!;
  const works = async () => {
    if (target === 'core') return cluster.registrations.isComplete || undefined;
    if (target === 'redis' || target === 'resource-manager') return true;
    const [card, report] = [await twin.pids(), await twin.report()];
    return (report && twins.every((role) => role === 'core' || card.has(role))) || undefined;
  };
  await until(`the twin of a ${target} to work`, works, backMsMax);
}

async function killed(node: DrilledNode, target: Target): Promise<void> {
  const isManaged = target === 'core' || target === 'resource-manager';
  const kill = () => (isManaged ? node.signalManaged(target, 'SIGKILL') : node.signal(target, 'SIGKILL'));
  await until(
    `a ${target} to be there`,
    () =>
      kill()
        .then(() => true)
        .catch(() => undefined),
    backMsMax,
  );
}

/** Couples and sessions that count as active still, in words of those who hold them. */
export async function leftActive({ namedNodes }: DrilledCluster): Promise<readonly string[]> {
  const left: string[] = [];
  for (const [name, node] of namedNodes) {
    for (const { sid, callUuid, phase, takes } of await coreControl.couples(node.layout.coreSocket)) {
      const ofTakes = takes.map((take) => `${take.node} ${take.phase}`).join(', ');
      if (phase !== 'ended') left.push(`couple ${sid} of ${callUuid} is ${phase} at ${name}, takes: ${ofTakes}`);
    }
    const sessions = (await node.report())?.['sessions'] ?? 0;
    for (let session = 0; session < sessions; session += 1) left.push(`a session of the recorder of ${name}`);
  }
  return left;
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
