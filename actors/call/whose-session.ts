// Whose recording a session is: which couple of its call it belongs to, or begins. Pure.

import type { SessionNews } from '#src/recording';
import { partyOf } from './recorded-party.ts';
import { coupleOfParty } from './ruling.ts';
import { type CallState, type CoupleState, coupleOf, partyAt } from './state.ts';

/**
 * The couple a session belongs to: by its take, its recording's id, the DN that asked, or a DN whose audio it is. `watched`: those of
 * its DNs of which the telephony server tells, if not yet in this call.
 */
export function coupleFor(
  state: CallState,
  news: SessionNews,
  watched: readonly string[] = [],
): CoupleState | undefined {
  const couples = [...state.couples.values()];
  const dns = dnsOf(news);
  const { recordDn } = news;
  // Recorded on another party's side: a couple that is recorded on its own, or will be, has no use for it. Whether one that asks
  // for a recording gets it is not certain before the answer, and who else is recorded may be nobody of whom events tell.
  const isOfParty = recordDn !== undefined && (watched.includes(recordDn) || partyAt(state, recordDn) !== undefined);
  const hasOwn = ({ dn, request, sessions }: CoupleState) =>
    request.phase === 'accepted' ||
    (request.phase === 'asked' && isOfParty) ||
    [...sessions.values()].some(({ news: known }) => known.recordDn === dn);
  const mayBe = (couple: CoupleState) => recordDn === undefined || couple.dn === recordDn || !hasOwn(couple);
  return (
    couples.find(({ sessions }) => sessions.has(news.take)) ??
    couples.find(({ recordingId }) => recordingId === news.recordingId) ??
    dns.map((dn) => coupleOf(state, dn)).find((couple) => couple !== undefined && mayBe(couple)) ??
    couples.find((couple) => mayBe(couple) && dns.includes(partyOf(state, couple)?.otherDn ?? ''))
  );
}

/** DNs a session names, the one that asked for the recording first, those of a recording client's metadata last. */
export function dnsOf({ recordDn, dialogs, told }: SessionNews): string[] {
  const asked = [recordDn, ...dialogs.flatMap((dialog) => [dialog.recordDn, dialog.dn, dialog.otherDn])];
  const named = [...asked, ...(told?.couples ?? []).flatMap(({ parties }) => parties)];
  return [...new Set(named.filter((dn) => dn !== undefined))];
}

/**
 * Whom a session records that no couple waits for, of those who have none: a party that is watched, else whom the INVITE says, else
 * its recording's id.
 */
export function recordedDn(state: CallState, news: SessionNews, watched: readonly string[] = []): string {
  const dns = dnsOf(news).filter((dn) => coupleNow(state, dn) === undefined);
  return dns.find((dn) => watched.includes(dn) || partyAt(state, dn)) ?? dns[0] ?? news.recordingId;
}

/** The couple of the party that a DN is now; of a DN of which no event told, the latest. */
export function coupleNow(state: CallState, dn: string): CoupleState | undefined {
  const known = partyAt(state, dn);
  return known ? coupleOfParty(state, known) : coupleOf(state, dn);
}

/** A recording that runs on the side of another party than the couple's. */
export interface Elsewhere {
  readonly couple: CoupleState;
  readonly news: SessionNews;
  /** On whose side. */
  readonly dn: string;
}

/** Those that count for these couples. */
export function recordedElsewhere(couples: Iterable<CoupleState>): Elsewhere[] {
  return [...couples].flatMap((couple) =>
    [...couple.sessions.values()].flatMap(({ news, lost }) => {
      const { recordDn: dn = couple.dn, endedMs } = news;
      return dn === couple.dn || lost || endedMs !== undefined ? [] : [{ couple, news, dn }];
    }),
  );
}
