// Holds what the core and the recorder made of a scenario against what it must be. Pure.

import type { Couple } from '#src/recording';
import { conversationsOf } from '#src/recording/consolidate';
import { copiesOf, type ExpectedCouple, type Scenario } from './scenario.ts';

/** One thing that was looked at. */
export interface Check {
  readonly about: string;
  readonly ok: boolean;
  /** What there is, where it is not what it should be. */
  readonly seen?: string;
}

/** Voices on both channels of a couple's recordings. */
export interface HeardVoices {
  readonly left: readonly string[];
  readonly right: readonly string[];
}

/** What was seen and heard beside the couples. */
export interface Evidence {
  /** By sid: the exported audio of couples that have any. */
  readonly heard: ReadonlyMap<string, readonly HeardVoices[]>;
  /** By {@link desktopAt}: what the desktop saw of recordings. */
  readonly notified?: ReadonlyMap<string, readonly string[]>;
  /** By sid: packets of both parties that the media server sent to each recorder. */
  readonly sent?: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** By sid: what went with the request for its recording. */
  readonly asked?: ReadonlyMap<string, string>;
}

export function judge(
  scenario: Scenario,
  couples: readonly Couple[],
  { heard, notified = new Map(), sent = new Map(), asked = new Map() }: Evidence,
): Check[] {
  const expected = scenario.couples;
  const count = expected.length;
  const left = [...couples];
  const checks = expected.flatMap((one) => {
    const alike = left.filter(
      ({ dn, otherDn, tenant }) =>
        dn === one.dn && otherDn === one.otherDn && (one.tenant === undefined || tenant === one.tenant),
    );
    const couple = alike.find(({ callType }) => callType === one.callType) ?? alike[0];
    if (couple) left.splice(left.indexOf(couple), 1);
    const about = `${one.dn} with ${one.otherDn}${one.tenant === undefined ? '' : ` of ${one.tenant}`}`;
    if (!couple) return [check(`${about}: a couple`, 1, 0)];
    return [
      ...judgeCouple(
        about,
        one,
        couple,
        heard.get(couple.sid) ?? [],
        copiesOf(scenario) + Number(one.besides !== undefined),
      ),
      ...(copiesOf(scenario) > 1 ? judgeCopies(about, one, couple, sent.get(couple.sid) ?? []) : []),
      ...judgeDesktop(about, one, notified.get(desktopAt(one.dn, one.callType)) ?? []),
      ...(one.asked ? [check(`${about}: asked with`, one.asked, asked.get(couple.sid) ?? 'nothing')] : []),
    ];
  });
  const { conversations } = scenario;
  return [
    check('couples of the scenario', count, couples.length, partiesOf(couples)),
    ...(conversations === undefined ? [] : [check('conversations', conversations, conversationsOf(couples).length)]),
    ...checks,
  ];
}

/** Where the desktop sees it: an agent who asks somebody is in two calls at a time. */
export function desktopAt(dn: string, callType: string | undefined): string {
  return callType === 'consult' ? `${dn}, consulting` : dn;
}

/** That a recording has ended with its party may be told before that one has left, or not any more. */
function judgeDesktop(about: string, { notified, notifiedLast }: ExpectedCouple, seen: readonly string[]): Check[] {
  const isEndTold = notified && seen.length === notified.length + 1 && seen.at(-1) === 'RECORDING_NO_LONGER';
  const told = isEndTold ? seen.slice(0, -1) : seen;
  return [
    ...(notified ? [check(`${about}: desktop`, notified.join(), told.join())] : []),
    ...(notifiedLast ? [check(`${about}: desktop at last`, notifiedLast, seen.at(-1) ?? 'nothing')] : []),
  ];
}

function judgeCouple(
  about: string,
  expected: ExpectedCouple,
  couple: Couple,
  heard: readonly HeardVoices[],
  copies: number,
): Check[] {
  const {
    by = 'rule',
    standing = 'recording',
    geoLocation,
    agentId,
    recordingId,
    name,
    otherName,
    afterCallWork,
    holds = 0,
    pauses = 0,
    data = {},
  } = expected;
  const stretches = couple.takes.map((take) => take.pauses.length).join(', ');
  return [
    check(`${about}: problem`, standing === 'discarded' ? 'ALL_STREAM_DELETED' : 'NO_PROBLEM', couple.problem),
    check(`${about}: standing`, standing, couple.standing),
    check(`${about}: phase, takes`, `ended, ${copies} finished`, phaseText(couple)),
    check(`${about}: kind of call`, expected.callType, couple.callType),
    check(`${about}: had recorded by`, by, couple.request.by, couple.request.why),
    check(`${about}: holds`, holds, couple.holds.length),
    check(`${about}: pauses`, Array(copies).fill(pauses).join(', '), stretches),
    ...(geoLocation === undefined
      ? []
      : [check(`${about}: geo-location`, geoLocation, couple.request.record ?? 'none')]),
    ...(agentId === undefined ? [] : [check(`${about}: agent`, agentId, couple.agentId ?? 'none')]),
    ...(recordingId === undefined ? [] : [check(`${about}: recording`, recordingId, couple.recordingId)]),
    ...(name === undefined ? [] : [check(`${about}: agent's name`, name, couple.name ?? 'none')]),
    ...(otherName === undefined ? [] : [check(`${about}: the other's name`, otherName, couple.otherName ?? 'none')]),
    ...(afterCallWork ? [check(`${about}: after-call work`, 'ended', workText(couple))] : []),
    ...Object.entries({ ...dataOf(expected), ...data }).map(([key, value]) =>
      check(`${about}: ${key}`, value, couple.externalData[key] ?? 'nothing'),
    ),
    check(`${about}: heard`, voicesText(wanted(expected, standing === 'discarded' ? 0 : copies)), voicesText(heard)),
  ];
}

/** What the telephony server says of every party; where there is none, nothing. */
function dataOf({ dn, otherDn, callType }: ExpectedCouple): Readonly<Record<string, string>> {
  if (callType === 'unknown') return {};
  const kind = `${callType[0]!.toUpperCase()}${callType.slice(1)}`;
  return { GEN_TEV_ThisDN: dn, GEN_TEV_OtherDN: otherDn, GEN_TEV_CallType: kind };
}

/** Each copy is on another node, and holds every packet that was sent there, but for those of a pause. */
function judgeCopies(
  about: string,
  { pauses = 0, whole }: ExpectedCouple,
  { takes }: Couple,
  sent: readonly (readonly number[])[],
): Check[] {
  const given = sent.map(packetsText);
  const held = takes.map(({ streams }) => packetsText(streams.map((stream) => stream.packets ?? 0)));
  const all = check(`${about}: packets of each copy`, given.sort().join('; '), [...held].sort().join('; '));
  const some = check(`${about}: whole copies`, whole ?? 0, held.filter((one) => given.includes(one)).length);
  return [
    check(`${about}: nodes`, takes.length, new Set(takes.map(({ node }) => node)).size),
    ...(pauses > 0 ? [] : [whole === undefined ? all : some]),
  ];
}

function packetsText(packets: readonly number[]): string {
  return [...packets].sort((one, other) => one - other).join(' and ');
}

function wanted({ dn, otherDn, left = [dn], right = [otherDn] }: ExpectedCouple, copies: number): HeardVoices[] {
  return Array.from({ length: copies }, () => ({ left, right }));
}

function check<Value extends string | number>(what: string, should: Value, is: Value, more = ''): Check {
  const about = `${what}: ${should}`;
  return should === is ? { about, ok: true } : { about, ok: false, seen: `${is}${more && ` (${more})`}` };
}

function phaseText({ phase, takes }: Couple): string {
  const count = (wantedPhase: string) => takes.filter((take) => take.phase === wantedPhase).length;
  const phases = [...new Set(takes.map((take) => take.phase))].map((one) => `${count(one)} ${one}`);
  return [phase, ...(phases.length > 0 ? phases : ['no take'])].join(', ');
}

function workText({ afterCallWork: work }: Couple): string {
  if (!work) return 'none';
  return work.toMs === undefined ? 'goes on' : 'ended';
}

function voicesText(heard: readonly HeardVoices[]): string {
  const text = ({ left, right }: HeardVoices) => `${sorted(left)} left, ${sorted(right)} right`;
  return heard.length === 0 ? 'nothing' : heard.map(text).join('; ');
}

function sorted(voices: readonly string[]): string {
  return voices.length === 0 ? 'nobody' : [...voices].sort().join(' + ');
}

function partiesOf(couples: readonly Couple[]): string {
  return couples.map(({ dn, otherDn = 'unknown', callType }) => `${dn} with ${otherDn}, ${callType}`).join('; ');
}
