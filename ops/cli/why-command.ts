// `twinreel why CALL`: why a call was recorded or not, out of what its core wrote down when it decided.

import { join } from 'node:path';
import type { Command } from 'commander';
import { type CallFact, historiesOf, type PartyHistory } from '#actors/call';
import { type LedgerEntry, readCallLedger } from '#cluster/core';
import { TwinreelError } from '#src/errors';
import { loadPrivateKey } from '#src/journal';
import type { RuleCall } from '#src/rules';
import { contextOf } from './context.ts';
import { time } from './output.ts';

interface KnownCall {
  readonly call: LedgerEntry['call'];
  readonly facts: readonly CallFact[];
}

export function addWhyCommand(program: Command): void {
  program
    .command('why <call>')
    .description('why a call was recorded or not: by CallUUID, sid, recording id, or the beginning of one of them')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
      const known = await single(id, readCallLedger(layout.callLedgerDir, privateKey, 0));
      print(json ? JSON.stringify({ ...known, parties: historiesOf(known.facts) }) : whyText(known));
    });
}

async function single(id: string, entries: AsyncIterable<LedgerEntry>): Promise<KnownCall> {
  const calls = new Map<string, { readonly call: LedgerEntry['call']; readonly facts: CallFact[] }>();
  for await (const { call, fact } of entries) {
    const key = JSON.stringify([call.tenant, call.callUuid]);
    const known = calls.get(key) ?? { call, facts: [] };
    known.facts.push(fact);
    calls.set(key, known);
  }
  const found = [...calls.values()].filter(({ call, facts }) => {
    return [call.callUuid, ...facts.flatMap(namesIn)].some((name) => name.startsWith(id));
  });
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    const text = `no call '${id}' stands in the ledger of this core: no DN of it was watched, or it was too long ago (core.ledgerDays)`;
    throw new TwinreelError('call-unknown', text, { id });
  }
  const names = found.slice(0, 10).map(({ call }) => call.callUuid);
  throw new TwinreelError('call-unknown', `'${id}' names ${found.length} calls; say which: ${names.join(', ')}`, {
    id,
  });
}

function namesIn(fact: CallFact): string[] {
  if (fact.type === 'couple-began') return [fact.sid, fact.recordingId];
  return fact.type === 'session' ? [fact.news.recordingId, fact.news.take] : [];
}

/** The text of `why` for people: a line for each thing that had a say. */
export function whyText({ call, facts }: KnownCall): string {
  const parties = historiesOf(facts);
  const header = [
    `call    ${call.callUuid}`,
    `tenant  ${call.tenant}${call.switch === '' ? '' : `, switch ${call.switch}`}`,
  ];
  if (parties.length === 0)
    return [...header, '', 'no party of it talked at a DN that is watched: no rule was asked'].join('\n');
  return [...header, ...parties.flatMap((party) => ['', ...partyLines(party, facts)])].join('\n');
}

function partyLines({ dn, partyUuid, steps }: PartyHistory, facts: readonly CallFact[]): string[] {
  const judged = steps.flatMap((step) => (step.type === 'judged' ? [step] : []));
  const sids = facts.flatMap((fact) => {
    return fact.type === 'couple-began' && fact.dn === dn && fact.partyUuid === partyUuid ? [fact.sid] : [];
  });
  const told = judged.flatMap(({ atMs, call, decision }, index) => {
    const before = judged[index - 1]?.decision;
    const says = `${decision.policy}: ${decision.rule ?? 'no rule is about it'}`;
    if (before && before.policy === decision.policy && before.rule === decision.rule) return [];
    return [
      { atMs, text: `the rules say ${says}` },
      { atMs, text: `  of ${callText(call)}` },
    ];
  });
  const done = facts.flatMap((fact) => {
    const text = 'sid' in fact && sids.includes(fact.sid) ? factText(fact) : undefined;
    return text === undefined ? [] : [{ atMs: fact.atMs, text }];
  });
  const lines = [...told, ...done].sort((one, other) => one.atMs - other.atMs);
  const last = judged.at(-1)?.decision;
  const none = `not recorded: ${last?.rule ?? 'no rule is about it, and nobody else had it recorded'}`;
  return [
    `DN ${dn}`,
    ...lines.map(({ atMs, text }) => `  ${time(atMs)}  ${text}`),
    ...(sids.length === 0 ? [`  ${none}`] : []),
  ];
}

function callText({ calling, called, direction, agentId, data }: RuleCall): string {
  const pairs = Object.entries(data).map(([key, value]) => `${key}=${value}`);
  const parts = [
    `a call from ${calling.join(' or ') || 'nobody known'} to ${called.join(' or ') || 'nobody known'}`,
    direction,
    ...(agentId === undefined ? [] : [`agent ${agentId}`]),
    ...(pairs.length === 0 ? [] : [`with ${pairs.join(', ')}`]),
  ];
  return parts.join(', ');
}

function factText(fact: CallFact): string | undefined {
  switch (fact.type) {
    case 'couple-began':
      return `recording ${fact.recordingId} begins: ${fact.why}`;
    case 'asked':
      return 'the telephony server is asked for it';
    case 'accepted':
      return 'the telephony server has accepted';
    case 'refused':
      return `the telephony server has refused: ${fact.code}: ${fact.detail}`;
    case 'media-missed':
      return 'no media has come in time';
    case 'stands':
      return `it is now ${fact.standing}: ${fact.why}`;
    case 'session':
      return `take ${fact.news.take} on ${fact.news.node} is finished`;
    case 'moved':
      return `take ${fact.take} is that of the other party, who has a recording of their own`;
    case 'destroyed':
      return `the media of take ${fact.take} is destroyed`;
    default:
      return undefined;
  }
}
