// `twinreel tenants`: what the core of this node watches for whom, by which settings, and whether a change of them was refused.

import type { Command } from 'commander';
import { coreControl, type SettingsStanding, type TenantStanding } from '#cluster/core';
import { contextOf } from './context.ts';
import { table, time } from './output.ts';

export function addTenantsCommand(program: Command): void {
  program
    .command('tenants')
    .description('tenants of the core of this node with their settings; exits 1 when changed settings were refused')
    .action(async (_options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const report = await coreControl.tenants(layout.coreSocket);
      const rows = report.tenants.map(row);
      const feed = report.feed === undefined ? [] : [`feed       ${report.feed}`];
      const text = [
        standingText(report.settings),
        ...feed,
        ...(rows.length > 0 ? ['', table(columns, rows)] : []),
      ].join('\n');
      print(json ? JSON.stringify(report) : text);
      if (report.settings.phase === 'refused') process.exitCode = 1;
    });
}

function standingText(standing: SettingsStanding): string {
  if (standing.phase === 'refused')
    return `settings   refused at ${time(standing.atMs)}, those before are in force [${standing.code}]\n${standing.why}`;
  const { changed, waiting, atMs } = standing;
  const lines = [
    `settings   in force since ${time(atMs)}${changed.length > 0 ? `, changed: ${changed.join(', ')}` : ''}`,
  ];
  return [...lines, ...(waiting.length > 0 ? [`next start ${waiting.join(', ')}`] : [])].join('\n');
}

const columns = ['tenant', 'dbid', 'settings', 'switches', 'dns', 'left out', 'known as', 'include', 'exclude'];

function row({ name, dbid, settings, switches, config }: TenantStanding): (string | number)[] {
  const sum = (figure: 'dns' | 'leftOut') => switches.reduce((total, one) => total + one[figure], 0);
  const ranges = [config.includeDns.join(',') || 'all', config.excludeDns.join(',') || 'none'];
  const names = switches.map((one) => one.name).join(', ');
  return [name, dbid ?? '', settings, names, sum('dns'), sum('leftOut'), config.clientIdentification, ...ranges];
}
