// From the state of a call to what is told of one of its couples. Pure.

import type { Couple, ProblemStatus, SessionNews } from '#src/recording';
import { type CallState, type CoupleState, partyOf, type SessionState } from './state.ts';

/** All that is known of a couple now. `packetsMin`: packets that make a stream count; `configured`: further external data. */
export function coupleNews(
  state: CallState,
  couple: CoupleState,
  {
    packetsMin,
    configured = {},
  }: { readonly packetsMin: number; readonly configured?: Readonly<Record<string, string>> },
): Couple {
  const { sid, dn, partyUuid, recordingId, request, sessions } = couple;
  const party = partyOf(state, couple);
  const endedMs = endOf(state, couple);
  const other = party?.otherDn ?? otherOf(couple);
  return {
    sid,
    tenant: state.tenant,
    ...(state.switch !== '' && { switch: state.switch }),
    callUuid: state.callUuid,
    connIds: [...state.connIds],
    recordingId,
    dn,
    ...(other !== undefined && { otherDn: other }),
    ...(partyUuid !== '' && { partyUuid }),
    callType: party?.callType ?? 'unknown',
    ...(party?.agentId !== undefined && { agentId: party.agentId }),
    phase: endedMs !== undefined ? 'ended' : party?.phase === 'held' ? 'held' : 'talking',
    startedMs: party?.startedMs ?? couple.startedMs,
    ...(party?.establishedMs !== undefined && { establishedMs: party.establishedMs }),
    ...(endedMs !== undefined && { endedMs }),
    holds: (party?.holds ?? []).map((hold) => ({ ...hold })),
    request: { ...request },
    problem: problemOf(couple, endedMs !== undefined, packetsMin),
    takes: [...sessions.values()].map(takeNews),
    externalData: { ...configured, ...externalDataOf(state, couple) },
  };
}

/** A couple ends with its party; one of which no event told ends with its last session. */
function endOf(state: CallState, couple: CoupleState): number | undefined {
  const party = partyOf(state, couple);
  if (party) return party.endedMs;
  const ends = [...couple.sessions.values()].map(
    ({ news, lost }) => news.endedMs ?? (lost ? news.startedMs : undefined),
  );
  return ends.length === 0 || ends.includes(undefined) ? undefined : Math.max(...(ends as number[]));
}

/** Who talks with the recorded party, by what the recorder heard. */
function otherOf({ dn, sessions }: CoupleState): string | undefined {
  const heard = [...sessions.values()].flatMap(({ news }) =>
    news.dialogs.flatMap((dialog) => [dialog.dn, dialog.otherDn]),
  );
  return heard.find((one) => one !== undefined && one !== dn);
}

function takeNews({ news, lost }: SessionState): Couple['takes'][number] {
  return {
    take: news.take,
    node: news.node,
    phase: news.phase === 'finished' ? 'finished' : news.endedMs !== undefined ? 'ended' : lost ? 'lost' : 'running',
    streams: news.streams.map(({ party, packets }) => ({ party, ...(packets !== undefined && { packets }) })),
    pauses: news.pauses.map(({ fromMs, toMs }) => ({ fromMs, ...(toMs !== undefined && { toMs }) })),
    ...(news.folder !== undefined && { folder: news.folder }),
  };
}

/** What is wrong with the media of a couple; nothing is, as long as more may come. */
function problemOf({ sessions, missed, request }: CoupleState, ended: boolean, packetsMin: number): ProblemStatus {
  const all = [...sessions.values()];
  if (all.length === 0) {
    if (!missed && !ended && request.phase !== 'refused') return 'NO_PROBLEM';
    return request.phase === 'asked' ? 'NO_REPLY_FROM_RECORDER' : 'NO_STREAMS';
  }
  const good = (news: SessionNews) => news.streams.filter(({ packets = 0 }) => packets > 0);
  const parties = new Set(all.flatMap(({ news }) => good(news).map(({ party }) => party)));
  if (all.some(({ news, lost }) => !lost && news.phase !== 'finished')) {
    return ended ? 'STILL_SAVING_STREAM' : 'NO_PROBLEM';
  }
  if (parties.size === 0) return 'STREAM_IS_NULL';
  if (parties.size === 1) return 'ONLY_ONE_STREAM';
  const short = all.some(({ news }) => good(news).some(({ packets = 0 }) => packets < packetsMin));
  return short ? 'ONE_STREAM_INCOMPLETE' : 'NO_PROBLEM';
}

/** The guide's keys: `GEN_TEV_` what events say, `GEN_USR_` attached data, `GEN_EXT_` what the recorder's INVITE said. Empty values are left out. */
function externalDataOf(state: CallState, couple: CoupleState): Record<string, string> {
  const party = partyOf(state, couple);
  const pairs: (readonly [string, string | undefined])[] = [
    ['GEN_TEV_CallUUID', state.callUuid],
    ['GEN_TEV_ConnID', party?.connId],
    ['GEN_TEV_ThisDN', party?.dn],
    ['GEN_TEV_OtherDN', party?.otherDn],
    ['GEN_TEV_ANI', party?.told['ani']],
    ['GEN_TEV_DNIS', party?.told['dnis']],
    ['GEN_TEV_ThisQueue', party?.told['queue']],
    ['GEN_TEV_ThirdPartyDN', party?.told['thirdPartyDn']],
    ['GEN_TEV_AgentID', party?.agentId],
    ...Object.entries(party?.userData ?? {}).map(([key, value]) => [`GEN_USR_${key}`, value] as const),
    ...[...couple.sessions.values()].flatMap(({ news }) =>
      news.dialogs.flatMap(({ metadata }) =>
        Object.entries(metadata).map(([key, value]) => [`GEN_EXT_${key}`, value] as const),
      ),
    ),
  ];
  return Object.fromEntries(
    pairs.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value]])),
  );
}
