// The oracle of searches: looks at every conversation, one condition after the other, and knows nothing of terms, slices and indexes.

import type { Filter, Scope } from '#cluster/catalogue';
import type { Conversation } from '#src/recording/consolidate';

/** Ids, newest first. */
export function naivelyFound(corpus: readonly Conversation[], { tenants }: Scope, filter: Filter): string[] {
  return corpus
    .filter((one) => tenants.includes(one.tenant) && has(one, filter))
    .sort((one, other) => other.startedMs - one.startedMs || (other.conversation < one.conversation ? -1 : 1))
    .map(({ conversation }) => conversation);
}

function has(one: Conversation, filter: Filter): boolean {
  const { fromMs, toMs, dn, agent, number, direction, lengthMsMin, lengthMsMax, data, problem, text } = filter;
  const lengthMs = one.endedMs! - one.startedMs;
  const numbers = one.participants.map((party) => plain(party.number));
  const words = [
    ...one.participants.flatMap((party) => [party.number, party.name ?? '', party.agentId ?? '']),
    ...one.externalData.map(({ value }) => value),
  ].flatMap((said) => plain(said).split(/[^a-z0-9]+/));
  return [
    fromMs === undefined || one.startedMs >= fromMs,
    toMs === undefined || one.startedMs < toMs,
    dn === undefined || one.couples.some((couple) => couple.dn === dn),
    agent === undefined || one.participants.some(({ agentId = '' }) => plain(agentId) === plain(agent)),
    number === undefined ||
      numbers.some((own) => {
        if (number.match === 'exact') return own === number.text;
        return number.match === 'prefix' ? own.startsWith(number.text) : own.includes(number.text);
      }),
    direction === undefined || direction.includes(one.direction),
    lengthMsMin === undefined || lengthMs >= lengthMsMin,
    lengthMsMax === undefined || lengthMs <= lengthMsMax,
    (data ?? []).every(({ key, value }) =>
      one.externalData.some(
        (datum) => datum.key === key && (value === undefined || plain(datum.value) === plain(value)),
      ),
    ),
    problem === undefined || problem.includes(one.problem),
    text === undefined ||
      plain(text)
        .split(/[^a-z0-9]+/)
        .every((wanted) => words.some((word) => word.startsWith(wanted))),
  ].every(Boolean);
}

function plain(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
