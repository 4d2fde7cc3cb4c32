// `twinreel rules check|try FILE`: whether rules are allowed, and what they would have decided about calls that were.

import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type ChangedCall, type Kept, readCallLedger, readRules, type Trial, tryRules } from '#cluster/core';
import { loadPrivateKey } from '#src/journal';
import { contextOf } from './context.ts';
import { table, time } from './output.ts';

export function addRulesCommand(program: Command): void {
  const rules = program.command('rules').description('recording rules');

  rules
    .command('check <file>')
    .description('reads rules; exits 1 with path, value and what is allowed')
    .action((file: string, _options: unknown, command: Command) => {
      const { json, print } = contextOf(command);
      readRules(file);
      print(json ? JSON.stringify({ valid: true, file }) : `${file} is valid`);
    });

  rules
    .command('try <file>')
    .description('what these rules would have decided otherwise about calls of this node')
    .option(
      '--since <time>',
      'from when on: ISO 8601, or so long ago as 90m, 24h, 7d; default: all that is remembered',
      since,
    )
    .option('--list <number>', 'how many of the changed calls are listed', count, 20)
    .action(async (file: string, options: { since?: number; list: number }, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const wanted = readRules(file);
      const sinceMs = options.since ?? 0;
      const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
      const trial = await tryRules(wanted, readCallLedger(layout.callLedgerDir, privateKey, sinceMs));
      print(json ? JSON.stringify({ sinceMs, ...trial }) : trialText(trial, sinceMs, options.list));
    });
}

function since(text: string): number {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ago = { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ''];
  const atMs = ago === undefined ? Date.parse(text) : Date.now() - Number(number) * ago;
  if (Number.isNaN(atMs))
    throw new InvalidArgumentError('a time such as 2026-01-31T09:15:00Z, or 90m, 24h, 7d is wanted.');
  return atMs;
}

function count(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number is wanted.');
}

const becoming: Readonly<Record<Kept, Readonly<Record<Kept, string>>>> = {
  recorded: {
    recorded: '',
    'pre-recorded': 'would only be pre-recorded',
    'not recorded': 'would no longer be recorded',
  },
  'pre-recorded': {
    recorded: 'would be recorded instead of pre-recorded',
    'pre-recorded': '',
    'not recorded': 'would no longer be pre-recorded',
  },
  'not recorded': { recorded: 'would be recorded', 'pre-recorded': 'would be pre-recorded', 'not recorded': '' },
};

/** The text of `rules try` for people. */
export function trialText({ calls, changed }: Trial, sinceMs: number, listed: number): string {
  const whole = (value: number) => value.toLocaleString('en');
  const from = sinceMs === 0 ? 'that are remembered' : `since ${time(sinceMs)}`;
  if (calls === 0) return `no call ${from} stands in the ledger of this core`;
  if (changed.length === 0) return `nothing would change: ${whole(calls)} calls ${from}`;
  const kinds = new Map<string, number>();
  for (const { was, wouldBe } of changed) {
    const kind = becoming[was][wouldBe];
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const sums = [...kinds].sort(([, one], [, other]) => other - one);
  const rows = changed.slice(0, listed).map(row);
  const more = changed.length - rows.length;
  return [
    ...sums.map(([kind, number]) => `${whole(number)} of ${whole(calls)} calls ${from} ${kind}`),
    ...(rows.length === 0 ? [] : ['', table(['call', 'began', 'DN', 'was', 'by', 'would be', 'by'], rows)]),
    ...(more > 0 ? [`and ${whole(more)} more (--list)`] : []),
  ].join('\n');
}

function row({ callUuid, atMs, dn, was, wasBy, wouldBe, wouldBeBy }: ChangedCall): string[] {
  return [callUuid, time(atMs), dn, was, wasBy, wouldBe, wouldBeBy];
}
