// `twinreel couples`: what the core of this node knows of calls, and commands to the ones that run.

import type { Command } from 'commander';
import { type CoupleCommand, coreControl } from '#cluster/core';
import { TwinreelError } from '#src/errors';
import type { Couple } from '#src/recording';
import { type CouplesTogether, conversationsOf } from '#src/recording/consolidate';
import { type CliContext, contextOf } from './context.ts';
import { duration, table, time } from './output.ts';

const commands: Readonly<Record<CoupleCommand, string>> = {
  pause: 'keeps nothing of a couple from now on, until it is resumed',
  resume: 'keeps the couple again',
  keep: 'keeps what is pre-recorded of a couple; in time, after its call has ended, too',
  stop: 'ends the recording of a couple; its call goes on',
};

export function addCouplesCommand(program: Command): void {
  const couples = program.command('couples').description('recorded conversations as the core of this node knows them');

  couples
    .command('list')
    .description('the latest first')
    .action(async (_options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const known = await coreControl.couples(layout.coreSocket);
      print(json ? JSON.stringify({ couples: known }) : table(columns, known.map(row)));
    });

  couples
    .command('conversations')
    .description(
      'couples that belong together: a call, what was asked of colleagues in it, and where it was transferred',
    )
    .action(async (_options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const conversations = conversationsOf(await coreControl.couples(layout.coreSocket)).reverse();
      print(json ? JSON.stringify({ conversations }) : conversations.map(conversationText).join('\n\n'));
    });

  couples
    .command('show <id>')
    .description('all that is known of one: by its sid, its recording id, or the beginning of either')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const couple = single(id, await coreControl.couples(layout.coreSocket));
      print(json ? JSON.stringify(couple) : coupleText(couple));
    });

  for (const name of Object.keys(commands) as CoupleCommand[]) {
    couples
      .command(`${name} <id>`)
      .description(commands[name])
      .option('--by <who>', 'who asks: stands in the recording', 'operator')
      .action((id: string, options: { by: string }, self: Command) => command(name, id, options.by, contextOf(self)));
  }
}

async function command(name: CoupleCommand, id: string, by: string, { layout, json, print }: CliContext) {
  if (name === 'keep') refuseTooLate(id, await coreControl.couples(layout.coreSocket));
  const couples = await coreControl.command(layout.coreSocket, name, id, by);
  print(json ? JSON.stringify({ command: name, couples }) : `${name}: ${couples.join(', ')}`);
}

/** What is discarded is discarded for good. */
function refuseTooLate(id: string, couples: readonly Couple[]): void {
  const couple = couples.find(({ sid, recordingId }) => sid === id || recordingId === id);
  if (couple?.standing !== 'discarded') return;
  const message = `the media of ${id} is discarded already (a rule forbids it, or core.keepMs was over); its metadata is kept`;
  throw new TwinreelError('recording-destroyed', message, { id });
}

const columns = ['sid', 'tenant', 'started', 'parties', 'phase', 'problem', 'recording'];

function row(couple: Couple): string[] {
  const { sid, tenant, startedMs, phase, problem, recordingId } = couple;
  return [sid, tenant, time(startedMs), partiesText(couple), phase, problem, recordingId];
}

function partiesText({ dn, otherDn = 'unknown', callType }: Couple): string {
  return callType === 'inbound' ? `${otherDn} → ${dn}` : `${dn} → ${otherDn}`;
}

/** The text of one conversation for people. */
export function conversationText({ id, couples, isTorn }: CouplesTogether): string {
  const torn = isTorn ? ' (joined with too many calls: shown alone)' : '';
  return [`conversation ${id}${torn}`, table(columns, couples.map(row))].join('\n');
}

/** The text of `couples show` for people. */
export function coupleText(couple: Couple): string {
  const { sid, tenant, callUuid, agentId, phase, problem, request, startedMs, endedMs, takes } = couple;
  const lines = [
    `couple     ${sid}`,
    `tenant     ${tenant}`,
    `call       ${callUuid} (${couple.callType})`,
    `parties    ${partiesText(couple)}`,
    ...(agentId === undefined ? [] : [`agent      ${agentId}`]),
    ...namesText(couple),
    `recording  ${couple.recordingId}`,
    `asked for  ${request.phase}: ${request.why}`,
    `standing   ${couple.standing}`,
    `started    ${time(startedMs)}`,
    `phase      ${phase}${endedMs === undefined ? '' : ` after ${duration(endedMs - startedMs)}`}`,
    ...workText(couple),
    `problem    ${problem}`,
  ];
  const taken = takes.map(({ take, node, phase: state, streams, tags = {} }) => [
    take,
    [node, ...Object.values(tags)].join(' '),
    state,
    streams.map(({ party, packets }) => `${party} ${packets ?? ''}`.trim()).join(', '),
  ]);
  const data = Object.entries(couple.externalData).map(([key, value]) => [
    key,
    value,
    couple.displayNames?.[key] ?? '',
  ]);
  return [
    ...lines,
    ...(taken.length > 0 ? ['', table(['take', 'node', 'state', 'packets'], taken)] : []),
    ...(data.length > 0 ? ['', table(['external data', 'value', 'name'], data)] : []),
  ].join('\n');
}

function namesText({ dn, name, otherDn = 'unknown', otherName }: Couple): string[] {
  const named = [...(name === undefined ? [] : [`${dn} ${name}`]), ...(otherName ? [`${otherDn} ${otherName}`] : [])];
  return named.length === 0 ? [] : [`names      ${named.join(', ')}`];
}

function workText({ afterCallWork: work }: Couple): string[] {
  if (!work) return [];
  return [`wrap-up    ${work.toMs === undefined ? 'goes on' : duration(work.toMs - work.fromMs)}`];
}

function single(id: string, couples: readonly Couple[]): Couple {
  const found = couples.filter(({ sid, recordingId }) => sid.startsWith(id) || recordingId.startsWith(id));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new TwinreelError('couple-unknown', `no couple '${id}' is known to this core`, { id });
  const sids = found.map(({ sid }) => sid);
  throw new TwinreelError('couple-unknown', `'${id}' names ${sids.length} couples; say which: ${sids.join(', ')}`, {
    id,
  });
}
