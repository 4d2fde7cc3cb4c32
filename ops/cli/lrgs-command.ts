// `twinreel lrgs`: groups of recorders as the resource manager of this node knows them, and what became of what they were sent.

import type { Command } from 'commander';
import { type ResourceManagerReport, resourceManagerControl } from '#cluster/resource-manager';
import { contextOf } from './context.ts';
import { table } from './output.ts';

export function addLrgsCommand(program: Command): void {
  program
    .command('lrgs')
    .description('logical resource groups of the resource manager of this node: recorders, ports, sessions')
    .action(async (_options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const report = await resourceManagerControl.report(layout.resourceManagerSocket);
      print(json ? JSON.stringify(report) : lrgsText(report));
    });
}

const columns = ['recorder', 'node', 'phase', 'ports', 'of', 'offered', 'accepted', 'declined', 'failed', 'silent'];

/** The text of `lrgs` for people. Sessions are INVITEs: two for a call. */
export function lrgsText({ listeners, groups, unknown, signalling }: ResourceManagerReport): string {
  const lines = groups.map(({ name, loadBalanceScheme, monitorMethod, refused, members }) => {
    const rows = members.map((member) => {
      const { aor, node = '', redundancyType, phase, inUse, capacity } = member;
      const { offered, accepted, declined, failed, silent } = member;
      const standing = redundancyType === 'active' ? phase : `${phase}, ${redundancyType}`;
      return [aor, node, standing, inUse, capacity, offered, accepted, declined, failed, silent];
    });
    const head = `${name}: ${loadBalanceScheme}, watched by ${monitorMethod}, ${refused} taken by nobody`;
    return [head, table(columns, rows)].join('\n');
  });
  const refused = Object.values(signalling.refused).reduce((sum, count) => sum + count, 0);
  const foot = `${listeners.join(', ')}: ${unknown} meant no group, ${refused} messages refused`;
  return [...lines, foot].join('\n\n');
}
