// Who took part in a conversation, and on which side each is heard: the customer left, the agent right. Pure.

import type { Couple, ManifestFacts } from '#src/recording';
import type { Participant } from './conversation.schema.ts';

/** In the order of their coming. Whom no couple tells of, the recordings do. */
export function participantsOf(couples: readonly Couple[], manifests: readonly ManifestFacts[]): Participant[] {
  const byNumber = new Map<string, Participant>();
  for (const one of couples.flatMap(partiesOf)) byNumber.set(one.number, joined(byNumber.get(one.number) ?? one, one));
  const told = new Set(byNumber.keys());
  for (const one of manifests.flatMap(partiesRecorded)) {
    if (!told.has(one.number)) byNumber.set(one.number, joined(byNumber.get(one.number) ?? one, one));
  }
  return [...byNumber.values()].sort((one, other) => one.fromMs - other.fromMs || (one.number < other.number ? -1 : 1));
}

/** Where a voice is heard. A conversation of agents alone has the one that came first on the left. */
export function channelOf(number: string, participants: readonly Participant[]): 'left' | 'right' | 'both' {
  const one = participants.find((participant) => participant.number === number);
  if (!one) return 'both';
  if (one.role === 'customer') return 'left';
  const isAmongAgents = participants.every(({ role }) => role === 'agent');
  return isAmongAgents && participants[0] === one && participants.length > 1 ? 'left' : 'right';
}

/** Whom an agent talks with is a customer, as long as no couple says that it is an agent, too. */
function partiesOf(couple: Couple): Participant[] {
  const { dn, name, agentId, otherDn, otherName, startedMs, establishedMs, endedMs } = couple;
  const there = { fromMs: establishedMs ?? startedMs, ...(endedMs !== undefined && { toMs: endedMs }) };
  const agent: Participant = {
    number: dn,
    ...(name !== undefined && { name }),
    ...(agentId !== undefined && { agentId }),
    role: 'agent',
    ...there,
  };
  if (otherDn === undefined || otherDn === dn) return [agent];
  const customer = { number: otherDn, ...(otherName !== undefined && { name: otherName }), role: 'customer' as const };
  return [agent, { ...customer, ...there }];
}

function partiesRecorded({ parties, recordDn, startedMs, endedMs }: ManifestFacts): Participant[] {
  const agent = recordDn ?? parties.find(({ channel }) => channel === 'right')?.number;
  return parties.map(({ number, name }) => ({
    number,
    ...(name !== undefined && { name }),
    role: number === agent ? 'agent' : 'customer',
    fromMs: startedMs,
    toMs: endedMs,
  }));
}

function joined(one: Participant, other: Participant): Participant {
  const [name, agentId] = [one.name ?? other.name, one.agentId ?? other.agentId];
  const ends = [one.toMs, other.toMs];
  const toMs = ends.includes(undefined) ? undefined : Math.max(...(ends as number[]));
  return {
    number: one.number,
    ...(name !== undefined && { name }),
    ...(agentId !== undefined && { agentId }),
    role: one.role === 'agent' || other.role === 'agent' ? 'agent' : 'customer',
    fromMs: Math.min(one.fromMs, other.fromMs),
    ...(toMs !== undefined && { toMs }),
  };
}
