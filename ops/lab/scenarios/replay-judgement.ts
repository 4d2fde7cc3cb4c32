// Holds what replay shows against what scenarios must have left there: each conversation once, with all that is to be known of it, and
// nothing besides. Pure.

import type { Couple } from '#src/recording';
import { conversationsOf } from '#src/recording/consolidate';
import type { Check } from './judgement.ts';
import type { FoundConversation, ListedConversation } from './played-cluster.ts';
import type { ExpectedCouple, Scenario } from './scenario.ts';
import { placeOf } from './site.ts';

/** A scenario that was played, and the couples that its cores made of it. */
export interface PlayedScenario {
  readonly scenario: Scenario;
  readonly couples: readonly Couple[];
}

/** A check for each scenario, and one for what is of none. */
export function judgeReplay(played: readonly PlayedScenario[], found: readonly FoundConversation[]): Check[] {
  const own = played.flatMap(({ couples }) => couples);
  const foreign = found.filter(({ conversation }) => !conversation.couples.some((one) => known(one, own)));
  return [
    ...played.map(({ scenario, couples }) => {
      const together = conversationsOf(couples);
      const wrong = together.flatMap((one) => judgeConversation(scenario, one.couples, found));
      return check(`${scenario.name}: in the catalogue once, ${together.length} in all`, wrong);
    }),
    check('nothing else is in the catalogue', foreign.map(nameOf)),
  ];
}

/** Each conversation that these couples are is listed once, and nothing besides. */
export function judgeListed(couples: readonly Couple[], listed: readonly ListedConversation[]): Check {
  const expected = new Map(conversationsOf(couples).map(({ id, couples: [first] }) => [id, first!]));
  const counts = new Map<string, number>();
  for (const { conversation } of listed) counts.set(conversation, (counts.get(conversation) ?? 0) + 1);
  const foreign = listed.filter(({ conversation }) => !expected.has(conversation));
  return check(`in the catalogue once: ${expected.size} conversations of ${couples.length} couples`, [
    ...[...expected].flatMap(([id, { dn, otherDn, callUuid }]) =>
      counts.get(id) === 1 ? [] : [`${id} (${dn} with ${otherDn}, ${callUuid}): ${counts.get(id) ?? 0} times`],
    ),
    ...foreign.map(({ tenant, conversation }) => `${conversation} of ${tenant}: of no couple`),
  ]);
}

/** `answers`: what a player got of each conversation that can be heard. */
export function judgePlaying(answers: ReadonlyMap<FoundConversation, string>): Check {
  const wrong = [...answers].filter(([, answer]) => answer !== '206 audio/mpeg: MP3');
  return check(
    `the audio of ${answers.size} conversations plays from any place`,
    wrong.map(([found, answer]) => `${nameOf(found)}: ${answer}`),
  );
}

/** What is wrong with the conversation that these couples are. */
function judgeConversation(
  scenario: Scenario,
  couples: readonly Couple[],
  found: readonly FoundConversation[],
): readonly string[] {
  const holders = found.filter(({ conversation }) => conversation.couples.some((one) => known(one, couples)));
  const [holder] = holders;
  const name = couples.map(({ dn, otherDn, tenant }) => `${dn} with ${otherDn} of ${tenant}`).join(', ');
  if (!holder || holders.length > 1) return [`${name}: in ${holders.length} conversations`];
  const { conversation, listed, audio } = holder;
  const expected = couples.flatMap((couple) => expectedOf(scenario, couple) ?? []);
  const isDiscarded = expected.some(({ standing }) => standing === 'discarded');
  const compare = (what: string, should: string, is: string) =>
    should === is ? [] : [`${name}: ${what} ${is} instead of ${should}`];
  return [
    ...compare('listed as', conversation.conversation, listed),
    ...compare(
      'couples',
      couples.map(sidOf).sort().join(' + '),
      conversation.couples
        .map((one) => sidOf(known(one, couples) ?? one))
        .sort()
        .join(' + '),
    ),
    ...compare('tenant', couples[0]!.tenant, conversation.tenant),
    ...compare('phase', 'ended', conversation.phase),
    ...compare('direction', directionOf(expected), conversation.direction),
    ...compare('problem', isDiscarded ? 'ALL_STREAM_DELETED' : 'NO_PROBLEM', conversation.problem),
    ...compare('participants', sorted(expected.flatMap(numbersOf)), sorted(conversation.participants.map(numberOf))),
    ...expected.flatMap(({ dn, agentId }) => {
      const { agentId: is = 'none' } = conversation.participants.find(({ number }) => number === dn) ?? {};
      return agentId === undefined ? [] : compare(`agent at ${dn}`, agentId, is);
    }),
    ...compare('recordings', sorted(couples.flatMap(takesOf)), sorted(conversation.sources.map(({ take }) => take))),
    ...compare('audio', isDiscarded ? 'none' : 'ready', audio),
  ];
}

/** Which of `couples` one is: cores may name it differently, and then say so. */
function known(one: Couple, couples: readonly Couple[]): Couple | undefined {
  const sids = sidsOf(one);
  return couples.find((couple) => sidsOf(couple).some((sid) => sids.includes(sid)));
}

function sidsOf({ sid, sameAs = [] }: Couple): readonly string[] {
  return [sid, ...sameAs];
}

function sidOf({ sid }: Couple): string {
  return sid;
}

function expectedOf({ couples }: Scenario, { dn, otherDn, tenant, callType }: Couple): ExpectedCouple | undefined {
  return couples.find(
    (one) =>
      one.dn === dn &&
      one.otherDn === otherDn &&
      one.callType === callType &&
      (one.tenant === undefined || one.tenant === tenant),
  );
}

/** A question to a colleague is about a call, whose kind it is. */
function directionOf(expected: readonly ExpectedCouple[]): string {
  const kinds = expected.map(({ callType }) => callType);
  return kinds.find((kind) => kind !== 'consult') ?? kinds[0] ?? 'unknown';
}

/** Who talks and who is heard. */
function numbersOf({ dn, otherDn, left = [], right = [] }: ExpectedCouple): string[] {
  return [dn, otherDn, ...[...left, ...right].map((who) => placeOf(who).number)];
}

function numberOf({ number }: { readonly number: string }): string {
  return number;
}

function takesOf({ takes }: Couple): string[] {
  return takes.map(({ take }) => take);
}

function nameOf({ conversation: { tenant, conversation, participants } }: FoundConversation): string {
  return `${conversation} of ${tenant} (${sorted(participants.map(numberOf))})`;
}

function sorted(words: readonly string[]): string {
  return words.length === 0 ? 'none' : [...new Set(words)].sort().join(' + ');
}

function check(about: string, wrong: readonly string[]): Check {
  return wrong.length === 0 ? { about, ok: true } : { about, ok: false, seen: wrong.join('; ') };
}
