// `twinreel status`: what runs, as this node's card and the cluster's signs of life tell it.

import type { Command } from 'commander';
import { type NodeCard, readNodeCard } from '#cluster/keeper';
import { type Beat, listBeats } from '#cluster/presence';
import { messageOf } from '#src/errors';
import { type CliContext, contextOf } from './context.ts';
import { duration, table } from './output.ts';
import { withRedis } from './redis.io.ts';

/** What `status --json` prints. `redis` says why there are no beats, when there are none to be had. */
export interface Status {
  readonly node: NodeCard | null;
  readonly redis: string;
  readonly processes: readonly Beat[];
}

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('this node and the processes of the cluster; exits 1 when the node is down')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const status = await readStatus(context);
      context.print(context.json ? JSON.stringify(status) : statusText(status));
      if (status.node === null) process.exitCode = 1;
    });
}

/** Asks the node's card and Redis; never fails because one of them is away. */
export async function readStatus({ config, layout }: Pick<CliContext, 'config' | 'layout'>): Promise<Status> {
  const node = (await readNodeCard(layout.runDir)) ?? null;
  try {
    return { node, redis: 'ok', processes: await withRedis({ config, layout }, listBeats) };
  } catch (error) {
    return { node, redis: messageOf(error), processes: [] };
  }
}

function statusText({ node, redis, processes }: Status): string {
  const lines = node === null ? ['this node is down'] : nodeLines(node);
  const rows = processes.map(({ node: name, process, pid, startedMs, atMs, figures }) => {
    // Those of a part, such as a member of a group, have commands of their own.
    const own = Object.entries(figures).filter(([figure]) => !figure.includes('/'));
    const shown = own.map(([figure, value]) => `${figure} ${value}`);
    return [name, process, pid, duration(atMs - startedMs), shown.join(', ')];
  });
  const list = rows.length > 0 ? ['', table(['node', 'process', 'pid', 'up', 'figures'], rows)] : [];
  return [...lines, `redis    ${redis}`, ...list].join('\n');
}

function nodeLines({ node, sip, application, signalling, rtp, pids, restarts }: NodeCard): string[] {
  return [
    `node     ${node}`,
    `sip      ${sip ? `${sip.transport}/${sip.address}:${sip.port}` : 'by a drachtio-server'}`,
    `edge     ${application ? `${application.host}:${application.port}, pid ${pids.edge}, restarts ${restarts.edge}` : 'not there'}`,
    ...(signalling ? [`calls    ${signalling.dialogs} up, ${refusedText(signalling)}`] : []),
    `capture  ${rtp.address}, ports ${rtp.portMin}-${rtp.portMax}, pid ${pids.capture}, restarts ${restarts.capture}`,
  ];
}

/** `refused 3 (edge-late 2, malformed 1)`, and how many new calls are let in while not all are. */
function refusedText({ refused, admittedShare }: NonNullable<NodeCard['signalling']>): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`);
  const sum = Object.values(refused).reduce((one, other) => one + other, 0);
  const shed = admittedShare < 1 ? `, ${Math.round(admittedShare * 100)} % of new calls let in` : '';
  return `refused ${sum}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}${shed}`;
}
