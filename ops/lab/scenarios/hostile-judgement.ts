// Judges calls of which a hostile telephony side told badly: each is recorded once, or what the product says of it explains why
// not. Pure.

import type { Route } from '#ops/lab/media-server';
import type { Happened } from '#ops/lab/sip-server';
import type { Couple } from '#src/recording';
import type { Check, HeardVoices } from './judgement.ts';

/** A call between a DN that is recorded and somebody outside. */
export interface HostileCall {
  readonly dn: string;
  readonly otherDn: string;
  readonly callUuid: string;
  /** What became of the events of the DN. */
  readonly events: readonly Happened[];
  /** The ways that packets of its recordings took. */
  readonly routes: readonly Route[];
  /** Packets that the media server had sent to the recorder when everybody hung up: what the DN said, and the other. */
  readonly sent: readonly [number, number];
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
  /** Lines of the core's log. */
  readonly logged: readonly string[];
}

/** `outcome`: one of these for each call that is right, in the order of the checks. */
export type HostileCheck = Check & { readonly outcome?: 'recorded' | 'explained' };

export function judgeHostile(calls: readonly HostileCall[], outcome: HostileOutcome): HostileCheck[] {
  return [strangers(calls, outcome), ...calls.map((call) => judgeCall(call, outcome))];
}

/** Nobody can know that a call of which events tell never was: its couple must say that nothing came of it. */
function strangers(calls: readonly HostileCall[], { couples, foreign }: HostileOutcome): Check {
  const about = 'no couple of a call that never was, but such as say that nothing came of it';
  const wrong = couples.filter(({ callUuid, takes, problem, phase }) => {
    if (calls.some((call) => call.callUuid === callUuid)) return false;
    return !foreign.has(callUuid) || takes.length > 0 || problem === 'NO_PROBLEM' || phase !== 'ended';
  });
  const texts = wrong.map(({ callUuid, dn, problem, phase }) => `${dn} in ${callUuid}, ${phase}, ${problem}`);
  return wrong.length === 0 ? { about, ok: true } : { about, ok: false, seen: texts.join('; ') };
}

function judgeCall(call: HostileCall, { couples: all, heard, problems, logged }: HostileOutcome): HostileCheck {
  const { dn, otherDn, callUuid } = call;
  const about = `${dn} with ${otherDn}: recorded once`;
  const wrong = (seen: string): HostileCheck => ({ about, ok: false, seen: `${seen} (${storyOf(call)})` });
  const explained = (why: string): HostileCheck => ({
    about: `${dn} with ${otherDn}: explained: ${why} (${storyOf(call)})`,
    ok: true,
    outcome: 'explained',
  });
  const couples = all.filter((couple) => couple.callUuid === callUuid);
  if (couples.length === 0) {
    if (call.events.every(({ fate }) => silent.has(fate))) return explained('nobody told of it');
    const line = logged.find((one) => one.includes(callUuid) && one.includes('nothing was told'));
    return line ? explained('the log says that only its end was told') : wrong('no couple');
  }
  if (couples.length > 1) return wrong(`${couples.length} couples`);
  const [couple] = couples as [Couple];
  const { takes, problem, phase, request } = couple;
  const finished = takes.filter((take) => take.phase === 'finished').length;
  if (phase !== 'ended' || finished !== takes.length || takes.length > 1)
    return wrong(`${phase}, ${takes.length} takes, ${finished} finished, ${problem}`);
  const isAstray = call.routes.some(({ from }) => from !== 'signalled');
  if (problem !== 'NO_PROBLEM') {
    if (takes.length === 0 || isAstray) return explained(`${problem}, ${request.phase} ${request.why}`.trim());
    return wrong(`${problem}, nothing of which explains it`);
  }
  const [voices] = heard.get(couple.sid) ?? [];
  const short = [dn, otherDn].flatMap((party, side) => {
    const { packets = 0 } = takes[0]?.streams.find((stream) => stream.party === party) ?? {};
    const sent = call.sent[side]!;
    return packets < sent - missingMax ? [`${packets} of ${sent} packets of ${party}`] : [];
  });
  const said = isAstray && problems.get(couple.sid)?.find((problem) => problem.startsWith('foreign-packets'));
  if (short.length > 0) return said ? explained(said) : wrong(`NO_PROBLEM, but ${short.join(', ')}`);
  const text = `${voices?.left.join(' + ')} left, ${voices?.right.join(' + ')} right`;
  return text === `${dn} left, ${otherDn} right` ? { about, ok: true, outcome: 'recorded' } : wrong(text);
}

/** What was on its way when everybody hung up. */
const missingMax = 2;

/** After these nobody has heard of an event. */
const silent: ReadonlySet<Happened['fate']> = new Set(['untold', 'mangled', 'torn']);

function storyOf({ events, routes }: HostileCall): string {
  const told = events.map(({ message, fate }) => `${message.slice('Event'.length)} ${fate}`);
  const ways = routes.filter(({ from, stranger }) => from !== 'signalled' || stranger);
  return [...told, ...ways.map(({ from, stranger }) => `RTP ${from}${stranger ? ' and a stranger' : ''}`)].join(', ');
}
