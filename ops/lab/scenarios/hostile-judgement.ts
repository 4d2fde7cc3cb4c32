// Judges calls of which a hostile SIP Server told badly: each is recorded once, or what was never told explains why not. Pure.

import type { Couple } from '#src/recording';
import type { Check, HeardVoices } from './judgement.ts';

/** A call between a DN that is recorded and somebody outside, and the events of the DN that nobody was told. */
export interface HostileCall {
  readonly dn: string;
  readonly otherDn: string;
  readonly callUuid: string;
  readonly untold: readonly string[];
}

/** `heard`: by sid. */
export function judgeHostile(
  calls: readonly HostileCall[],
  couples: readonly Couple[],
  heard: ReadonlyMap<string, readonly HeardVoices[]>,
): Check[] {
  const strangers = couples.filter(({ callUuid }) => !calls.some((call) => call.callUuid === callUuid));
  const none: Check =
    strangers.length === 0
      ? { about: 'no couple of a call that never was', ok: true }
      : { about: 'no couple of a call that never was', ok: false, seen: `${strangers.length}` };
  return [none, ...calls.map((call) => judgeCall(call, couples, heard))];
}

function judgeCall(call: HostileCall, all: readonly Couple[], heard: Parameters<typeof judgeHostile>[2]): Check {
  const { dn, otherDn, untold } = call;
  const about = `${dn} with ${otherDn}: recorded once`;
  const couples = all.filter(({ callUuid }) => callUuid === call.callUuid);
  const explained = (what: string, event: string): Check =>
    untold.includes(event)
      ? { about: `${about}, or explained (${what}: ${event} was never told)`, ok: true }
      : { about, ok: false, seen: what };
  if (couples.length === 0) return explained('no couple', 'EventEstablished');
  if (couples.length > 1) return { about, ok: false, seen: `${couples.length} couples` };
  const [couple] = couples as [Couple];
  const finished = couple.takes.filter((take) => take.phase === 'finished').length;
  if (couple.takes.length !== 1 || finished !== 1 || couple.problem !== 'NO_PROBLEM')
    return { about, ok: false, seen: `${couple.takes.length} takes, ${finished} finished, ${couple.problem}` };
  const [voices] = heard.get(couple.sid) ?? [];
  const text = `${voices?.left.join(' + ')} left, ${voices?.right.join(' + ')} right`;
  if (text !== `${dn} left, ${otherDn} right`) return { about, ok: false, seen: text };
  return couple.phase === 'ended' ? { about, ok: true } : explained('not ended', 'EventReleased');
}
