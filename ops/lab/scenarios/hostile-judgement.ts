// Judges calls of which a hostile telephony side told badly: each couple that must be there is recorded once, or what the product
// says of it explains why not; and there is no couple besides. Pure.
//
// What is an honest explanation: the product's own (a problem status, a problem in the manifest, a line of its log), and, where it
// cannot know better, that it was told nothing it could have known better from: no event of the DN in this call reached anybody
// except that it is over, or none that carried the attached data a decision rests on. A hidden change of parties explains no wrong
// voice, no second couple and no couple that does not end: the media server says who is recorded, and asking the telephony server
// says what is over.

import type { Route } from '#ops/lab/media-server';
import { type Happened, silent } from '#ops/lab/sip-server';
import type { Couple } from '#src/recording';
import type { HostileKind } from './hostile-kinds.ts';
import type { Check, HeardVoices } from './judgement.ts';
import type { ExpectedCouple } from './scenario.ts';

/** A couple that must come of a call. */
export interface HostileCall {
  readonly kind: HostileKind;
  readonly expected: ExpectedCouple;
  readonly callUuid: string;
  /** What became of the events of its DN. */
  readonly events: readonly Happened[];
  /** The ways that packets of its recordings took. */
  readonly routes: readonly Route[];
  /**
   * Packets that the media server had sent to the recorder when everybody hung up: what the DN said, and the other. Undefined when
   * nothing of it was recorded by then.
   */
  readonly sent: readonly [number, number] | undefined;
  /** Something was said that nobody must ever hear, while the core had paused the recording. */
  readonly isPaused: boolean;
}

/** What came of it. */
export interface HostileOutcome {
  readonly couples: readonly Couple[];
  /** By sid. */
  readonly heard: ReadonlyMap<string, readonly HeardVoices[]>;
  /** By sid: what the manifests of its recordings say is wrong with them. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
  /** CallUUIDs of calls that never were, of which events told. */
  readonly foreign: ReadonlySet<string>;
  /** CallUUIDs of calls that could not be played to their end: nothing is said of their couples. */
  readonly unplayed: ReadonlySet<string>;
  /** DNs that somebody else wanted recorded. */
  readonly wanted: ReadonlySet<string>;
  /** Lines of the core's log. */
  readonly logged: readonly string[];
}

/** `outcome`: one of these for each couple that is right, in the order of the checks; `why`: the sort of explanation. */
export type HostileCheck = Check & { readonly outcome?: 'recorded' | 'explained'; readonly why?: string };

export function judgeHostile(calls: readonly HostileCall[], outcome: HostileOutcome): HostileCheck[] {
  return [strangers(calls, outcome), ...calls.map((call) => judgeCall(call, outcome))];
}

/**
 * Nobody can know that a call of which events tell never was: its couple must say that nothing came of it. Of a call that was there
 * may be another couple only where somebody else had it recorded.
 */
function strangers(calls: readonly HostileCall[], { couples, foreign, unplayed, wanted }: HostileOutcome): Check {
  const about = 'no couple that nobody wanted, but such as say that nothing came of a call that never was';
  const wrong = couples.filter(({ callUuid, dn, takes, problem, phase, request }) => {
    if (unplayed.has(callUuid)) return false;
    if (calls.some((call) => call.callUuid === callUuid && call.expected.dn === dn)) return false;
    if (foreign.has(callUuid)) return takes.length > 0 || problem === 'NO_PROBLEM' || phase !== 'ended';
    return request.by !== 'other' || !wanted.has(dn) || phase !== 'ended';
  });
  const texts = wrong.map(({ callUuid, dn, problem, phase }) => `${dn} in ${callUuid}, ${phase}, ${problem}`);
  return wrong.length === 0 ? { about, ok: true } : { about, ok: false, seen: texts.join('; ') };
}

function judgeCall(call: HostileCall, { couples: all, heard, problems, wanted, logged }: HostileOutcome): HostileCheck {
  const { kind, callUuid, expected, sent = [0, 0] } = call;
  const { dn, otherDn, callType, left = [dn], right = [otherDn] } = expected;
  const name = `${kind}: ${dn} with ${otherDn}${callType === 'consult' ? ', asked' : ''}`;
  const wrong = (seen: string): HostileCheck => ({
    about: `${name}: recorded once`,
    ok: false,
    seen: `${seen} (${callUuid}: ${storyOf(call)})`,
  });
  const explained = (why: string, detail = ''): HostileCheck => ({
    about: `${name}: explained: ${why}${detail && `: ${detail}`} (${storyOf(call)})`,
    ok: true,
    outcome: 'explained',
    why,
  });
  const couples = all.filter((couple) => couple.callUuid === callUuid && couple.dn === dn);
  if (couples.length === 0) {
    if (call.events.every(({ fate }) => silent.has(fate))) return explained('nobody told of it');
    if (call.events.every(({ fate, message }) => silent.has(fate) || endings.has(message)))
      return explained('only its end was told');
    const line = logged.find((one) => one.includes(callUuid) && one.includes('nothing was told'));
    return line ? explained('the log says that only its end was told') : wrong('no couple');
  }
  if (couples.length > 1) return wrong(`${couples.length} couples`);
  const [couple] = couples as [Couple];
  const { takes, problem, phase, request, standing } = couple;
  const finished = takes.filter((take) => take.phase === 'finished').length;
  const isStopped = standing === 'discarded' && takes.every(hasNothing);
  if (phase !== 'ended' || (finished !== takes.length && !isStopped) || takes.length > 1)
    return wrong(`${phase}, takes ${takes.map((take) => take.phase).join(' and ')}, ${problem}`);
  const isAstray = call.routes.some(({ from }) => from !== 'signalled');
  const { standing: wantedStanding = 'recording' } = expected;
  const isDiscarded = standing === 'discarded' && problem === 'ALL_STREAM_DELETED';
  if (isDiscarded && wantedStanding === 'discarded')
    return { about: `${name}: recorded once, and discarded`, ok: true, outcome: 'recorded' };
  if (problem !== 'NO_PROBLEM' && !isDiscarded) {
    if (takes.length === 0 || isAstray) return explained(problem, `${request.phase} ${request.why}`.trim());
    // Asked for when the link was back, and then everybody hung up: what runs of who talks with it was enough to be heard.
    if (problem === 'STREAM_IS_NULL' && !call.sent) return explained(problem, 'it began when everybody hung up');
    // Told of a party when it is on hold already, a core has it recorded from then on.
    const [least, most] = [Math.min(...sent), Math.max(...sent)];
    if (problem === 'ONLY_ONE_STREAM' && least < streamPacketsMin && most >= streamPacketsMin)
      return explained(problem, `the media server sent ${sent.join(' and ')} packets`);
    return wrong(`${problem}, nothing of which explains it`);
  }
  if (standing !== wantedStanding) {
    if (standing === 'recording' && wanted.has(dn)) return explained('kept, for somebody else asked for it');
    const key = decisive[kind];
    const isTold = key !== undefined && call.events.some(({ fate, keys }) => !silent.has(fate) && keys.includes(key));
    return key !== undefined && !isTold ? explained('its data was not told') : wrong(`${standing}, ${problem}`);
  }
  const [take] = takes;
  if (take && take.pauses.length !== Number(call.isPaused)) return wrong(`${take.pauses.length} pauses`);
  const streams = take?.streams ?? [];
  const own = streams.find(({ party }) => party === dn)?.packets ?? 0;
  const others = Math.max(0, ...streams.filter(({ party }) => party !== dn).map(({ packets = 0 }) => packets));
  const short = [own, others].flatMap((packets, side) => {
    const due = sent[side] ?? 0;
    return packets < due - missingMax && !call.isPaused
      ? [`${packets} of ${due} packets of ${side === 0 ? dn : 'the other'}`]
      : [];
  });
  const said = isAstray && problems.get(couple.sid)?.find((one) => one.startsWith('foreign-packets'));
  if (short.length > 0) return said ? explained('foreign-packets', said) : wrong(`NO_PROBLEM, but ${short.join(', ')}`);
  const [voices] = heard.get(couple.sid) ?? [];
  const text = voicesText(voices?.left, voices?.right);
  // Recorded by somebody else at the other party, that one is on the left.
  const isTurned = wanted.has(otherDn) && text === voicesText(right, left);
  return isTurned || text === voicesText(left, right)
    ? { about: `${name}: recorded once`, ok: true, outcome: 'recorded' }
    : wrong(`${standing}, ${text}`);
}

/** Fewer are no stream (R-REC-2, `-m`). */
const streamPacketsMin = 40;

/** What was on its way when everybody hung up. */
const missingMax = 2;

const endings: ReadonlySet<Happened['message']> = new Set(['EventReleased', 'EventAbandoned']);

/** The attached data that the fate of a kind rests on. */
const decisive: Partial<Record<HostileKind, string>> = {
  'do-not-record-late': 'CardData',
  'pre-record-attached': 'record',
};

/** It was stopped before it was answered: nothing was received, and nothing is finished. */
function hasNothing({ phase, folder, streams }: Couple['takes'][number]): boolean {
  return phase === 'ended' && folder === undefined && streams.every(({ packets = 0 }) => packets === 0);
}

function voicesText(left: readonly string[] = [], right: readonly string[] = []): string {
  return `${[...left].sort().join(' + ')} left, ${[...right].sort().join(' + ')} right`;
}

function storyOf({ events, routes }: HostileCall): string {
  const told = events.map(({ message, fate }) => `${message.slice('Event'.length)} ${fate}`);
  const ways = routes.filter(({ from, stranger }) => from !== 'signalled' || stranger);
  return [...told, ...ways.map(({ from, stranger }) => `RTP ${from}${stranger ? ' and a stranger' : ''}`)].join(', ');
}
