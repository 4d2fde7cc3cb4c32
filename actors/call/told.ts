// Whom a recording client tells of: pairs of parties that were in a call together. Where no event tells of a call, they are its
// couples. Pure.

import type { SessionNews } from '#src/recording';
import type { CoupleState } from './state.ts';

/** Two parties of one call, for as long as both were in it, by the clock of this core. */
export interface PairTold {
  /** Names the pair within its recording. */
  readonly name: string;
  readonly dn: string;
  readonly otherDn: string;
  readonly fromMs: number;
  readonly toMs?: number;
}

/** Pairs in the order in which they became known; two that met again in the same call are one, from first to last. */
export function pairsTold(news: SessionNews): PairTold[] {
  const pairs = new Map<string, PairTold>();
  for (const { call, parties, ...lasted } of news.told?.couples ?? []) {
    const [fromMs, toMs] = [ofCore(news, lasted.fromMs), ofCore(news, lasted.toMs)];
    const [dn, otherDn] = parties;
    const key = JSON.stringify([call, dn, otherDn]);
    const known = pairs.get(key);
    const ends = known && (known.toMs === undefined || toMs === undefined ? undefined : Math.max(known.toMs, toMs));
    const end = known ? ends : toMs;
    const from = Math.min(fromMs, known?.fromMs ?? fromMs);
    pairs.set(key, { name: `${call}/${otherDn}`, dn, otherDn, fromMs: from, ...(end !== undefined && { toMs: end }) });
  }
  return [...pairs.values()];
}

/** A time that a recorder tells, by the clock of the core that was told. */
export function ofCore<Time extends number | undefined>({ clock }: SessionNews, ms: Time): Time {
  return (ms === undefined ? undefined : ms + (clock?.offsetMs ?? 0)) as Time;
}

/** The pair a couple is; the couple that was begun with the session stands for the first one. */
export function pairOf({ dn, partyUuid, sessions }: CoupleState): PairTold | undefined {
  const pairs = [...sessions.values()].flatMap(({ news }) => pairsTold(news));
  return pairs.find((pair) => pair.dn === dn && pair.name === partyUuid) ?? (partyUuid === '' ? pairs[0] : undefined);
}

/** What a party is called, as the client tells. */
export function nameTold({ sessions }: CoupleState, number: string | undefined): string | undefined {
  const parties = [...sessions.values()].flatMap(({ news }) => news.told?.parties ?? []);
  return parties.find((one) => one.number === number)?.name;
}

/** What the client says of the calls of a session, for external data. */
export function callsTold({ sessions }: CoupleState): Record<string, string | undefined> {
  const calls = [...sessions.values()].flatMap(({ news }) => news.told?.calls ?? []);
  if (calls.length === 0) return {};
  const joined = (values: readonly (string | undefined)[]) =>
    [...new Set(values.filter((value) => value !== undefined))].join(', ');
  return {
    SipSessionID: joined(calls.map(({ sipSessionId }) => sipSessionId)),
    SessionReason: joined(calls.map(({ reason }) => reason)),
  };
}
