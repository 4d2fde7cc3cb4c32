// `twinreel shards`, `nodes`, `drain` and `rebalance`: who watches which DNs and who acts for them, as beats tell it, and what a person
// may ask of a cluster.

import type { Command } from 'commander';
import { type Beat, drain, listBeats, rebalance } from '#cluster/presence';
import type { RedisConnection } from '#cluster/redis';
import { systemClock } from '#src/ports';
import { contextOf } from './context.ts';
import { duration, table } from './output.ts';
import { withRedis } from './redis.io.ts';

/** One shard as its holders tell of it. */
export interface ShardStanding {
  readonly name: string;
  readonly dns: number;
  /** The process that is to act for it. */
  readonly first: string;
  readonly holders: readonly ShardHolder[];
}

export interface ShardHolder {
  readonly process: string;
  readonly part: 'holds' | 'hands-over';
  readonly phase: 'registering' | 'registered';
  /** Number of the epoch under which it acts; null while it stands by. */
  readonly n: number | null;
}

export interface NodeStanding {
  readonly node: string;
  readonly phase: 'open' | 'draining';
  readonly processes: readonly string[];
  /** Shards it watches, DNs in them, and shards for which it acts. */
  readonly shards: number;
  readonly dns: number;
  readonly acts: number;
  /** Since its last sign of life. */
  readonly silentMs: number;
}

export function addShardCommands(program: Command): void {
  program
    .command('shards')
    .description('who watches which DNs, and who acts for them; exits 1 when a shard has nobody who acts')
    .action(async (_options: unknown, command: Command) => {
      const { json, print } = contextOf(command);
      const shards = await asked(command, async (redis) => shardsOf(await listBeats(redis)));
      print(json ? JSON.stringify({ shards }) : table(shardColumns, shards.map(shardRow)));
      if (shards.some(({ holders }) => holders.every(({ n }) => n === null))) process.exitCode = 1;
    });

  program
    .command('nodes')
    .description('nodes of the cluster, what runs there, and their share of the DNs')
    .action(async (_options: unknown, command: Command) => {
      const { json, print } = contextOf(command);
      const nodes = await asked(command, async (redis) => nodesOf(await listBeats(redis), systemClock.nowMs()));
      print(json ? JSON.stringify({ nodes }) : table(nodeColumns, nodes.map(nodeRow)));
    });

  program
    .command('drain <node>')
    .description('has others take over what a node watches; it is not given anything new')
    .option('--undo', 'it takes its share again')
    .action(async (node: string, { undo }: { undo?: boolean }, command: Command) => {
      const { json, print } = contextOf(command);
      const phase = undo ? 'open' : 'draining';
      await asked(command, (redis) => drain(redis, node, phase));
      print(json ? JSON.stringify({ node, phase }) : `${node}: ${phase}`);
    });

  program
    .command('rebalance')
    .description('has every core act again for the shards that are its own, without waiting')
    .action(async (_options: unknown, command: Command) => {
      const { json, print } = contextOf(command);
      await asked(command, (redis) => rebalance(redis, systemClock.nowMs()));
      print(json ? '{}' : 'every core acts for its own shards as soon as it watches them');
    });
}

function asked<Answer>(command: Command, ask: (redis: RedisConnection) => Promise<Answer>): Promise<Answer> {
  return withRedis(contextOf(command), ask);
}

/** By name. */
export function shardsOf(beats: readonly Beat[]): ShardStanding[] {
  const shards = new Map<string, { dns: number; first: string; holders: ShardHolder[] }>();
  for (const { node, process, share } of beats) {
    for (const { name, dns, holders, part, phase, n } of share?.shards ?? []) {
      const known = shards.get(name) ?? { dns, first: holders[0] ?? '', holders: [] };
      known.holders.push({ process: `${node}/${process}`, part, phase, n });
      shards.set(name, known);
    }
  }
  return [...shards].map(([name, one]) => ({ name, ...one })).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** By name. */
export function nodesOf(beats: readonly Beat[], nowMs: number): NodeStanding[] {
  const names = [...new Set(beats.map(({ node }) => node))].sort();
  return names.map((node) => {
    const own = beats.filter((beat) => beat.node === node);
    const shards = own.flatMap(({ share }) => share?.shards ?? []);
    return {
      node,
      phase: own.some(({ phase }) => phase === 'draining') ? 'draining' : 'open',
      processes: own.map(({ process }) => process).sort(),
      shards: shards.length,
      dns: shards.reduce((sum, { dns }) => sum + dns, 0),
      acts: shards.filter(({ n }) => n !== null).length,
      silentMs: Math.max(0, nowMs - Math.max(...own.map(({ atMs }) => atMs))),
    };
  });
}

const shardColumns = ['shard', 'dns', 'acts', 'epoch', 'to act', 'watched by'];

function shardRow({ name, dns, first, holders }: ShardStanding): (string | number)[] {
  const acting = holders.filter(({ n }) => n !== null);
  const names = acting.map(({ process }) => process).join(', ') || 'nobody';
  const epochs = acting.map(({ n }) => n).join(', ');
  return [name, dns, names, epochs, first, holders.map(holderText).join(', ')];
}

function holderText({ process, part, phase }: ShardHolder): string {
  const more = [
    ...(phase === 'registering' ? ['not all registered yet'] : []),
    ...(part === 'holds' ? [] : ['hands over']),
  ];
  return more.length > 0 ? `${process} (${more.join(', ')})` : process;
}

const nodeColumns = ['node', 'phase', 'runs', 'shards', 'dns', 'acts for', 'last heard'];

function nodeRow({ node, phase, processes, shards, dns, acts, silentMs }: NodeStanding): (string | number)[] {
  return [node, phase, processes.join(', '), shards, dns, acts, `${duration(silentMs)} ago`];
}
