// `twinreel explain`: which rule decides about a call that is typed in, and why the others do not.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadRules, readRules } from '#cluster/core';
import { type Config, tenantConfigOf } from '#src/config';
import { DnRanges } from '#src/dn';
import { type Direction, directions, RuleBook, type RuleCall, type RuleExplanation, rulesOfTenant } from '#src/rules';
import { contextOf } from './context.ts';
import { table } from './output.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly dn?: string;
  readonly tenant?: string;
  readonly direction: Direction;
  readonly agent?: string;
  readonly data: readonly (readonly [string, string])[];
  readonly at?: number;
  readonly recording: string;
  readonly rules?: string;
}

/** Whether the DN is watched at all: one that is not is not recorded, whoever asks. */
interface Watching {
  readonly isWatched: boolean;
  readonly why: string;
}

export function addExplainCommand(program: Command): void {
  const pair = (text: string, before: readonly (readonly [string, string])[]) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) throw new InvalidArgumentError('key=value is wanted.');
    return [...before, [key, value] as const];
  };
  const moment = (text: string) => {
    const atMs = Date.parse(text);
    if (Number.isNaN(atMs)) throw new InvalidArgumentError('a time such as 2026-01-31T09:15:00Z is wanted.');
    return atMs;
  };
  program
    .command('explain')
    .description('which groups and rules decide about a call, and why')
    .requiredOption('--from <number>', 'who calls')
    .requiredOption('--to <number>', 'who is called')
    .option(
      '--dn <dn>',
      'the DN that is watched; without it the one that is called, of an outbound call the one that calls',
    )
    .option('--tenant <name>', 'whose rules; default: those for tenants without any of their own')
    .addOption(new Option('--direction <which>', 'which way the call goes').choices(directions).default('internal'))
    .option('--agent <id>', 'agent who is logged in at the DN')
    .option('--data <key=value>', 'attached data; may be given again', pair, [])
    .option('--at <time>', 'when it is answered, ISO 8601; default: now', moment)
    .option('--recording <id>', 'id of the recording, by which draws are made', 'typed-in')
    .option('--rules <file>', 'rules to ask; default: those of the configuration')
    .action((options: Options, command: Command) => {
      const { config, json, print } = contextOf(command);
      const { from, to, agent, data, at: atMs = Date.now(), direction, recording: recordingId, tenant = '' } = options;
      const dn = options.dn ?? (direction === 'outbound' ? from : to);
      const who = { dn, calling: [from], called: [to], ...(agent !== undefined && { agentId: agent }) };
      const call: RuleCall = { ...who, recordingId, direction, data: Object.fromEntries(data), atMs };
      const file = options.rules === undefined ? loadRules(config) : readRules(options.rules);
      const explanation = new RuleBook(rulesOfTenant(file, tenant)).explain(call);
      const watching = watchingOf(config, tenant, dn);
      print(json ? JSON.stringify({ call, watching, ...explanation }) : explainText(call, watching, explanation));
    });
}

function watchingOf(config: Config, tenant: string, dn: string): Watching {
  const { includeDns, excludeDns } = tenantConfigOf(config, tenant);
  const ranges = new DnRanges({ include: includeDns, exclude: excludeDns });
  const { isWatched, by } = ranges.verdict(dn);
  if (isWatched) return { isWatched, why: by === undefined ? 'no range leaves it out' : `it is in ${by} (includeDns)` };
  return { isWatched, why: by === undefined ? 'it is in no range of includeDns' : `it is in ${by} (excludeDns)` };
}

/** The text of `explain` for people. */
export function explainText(call: RuleCall, watching: Watching, { decision, steps }: RuleExplanation): string {
  const marks = { enters: 'in', 'leaves-out': 'out', passes: 'no', ignores: 'skip', decides: 'YES' };
  const rows = steps.map(({ at, outcome, why }) => [marks[outcome], at, why]);
  const policies = {
    record: 'it is recorded',
    'pre-record': 'it is recorded, and kept when somebody asks for it in time',
    'do-not-record': 'it is not recorded, whoever starts it',
    nothing: 'it is not recorded, unless somebody else starts it',
  };
  const verdict = watching.isWatched
    ? `${policies[decision.policy]}${decision.screen ? ', with its screen' : ''}: ${decision.rule ?? 'no rule is about it'}`
    : 'it is not recorded, whoever asks: what is not watched is not recorded';
  return [
    `call     from ${call.calling.join(' or ')} to ${call.called.join(' or ')}, ${call.direction}, as DN ${call.dn}`,
    `watched  ${watching.isWatched ? 'yes' : 'NO'}: ${watching.why}`,
    '',
    table(['', 'group or rule', 'why'], rows),
    '',
    `so       ${verdict}`,
  ].join('\n');
}
