// From the state of a call to what is told of one of its couples. Pure.

import { displayNames, externalData, keptUserData, type MetadataSettings } from '#src/metadata';
import type { Couple, ProblemStatus, SessionNews } from '#src/recording';
import { sidByEvent } from './other-sid.ts';
import { partyOf } from './recorded-party.ts';
import type { CallState, CoupleState, SessionState } from './state.ts';
import { callsTold, nameTold, ofCore, pairOf } from './told.ts';

/** What a couple is judged and completed by. `packetsMin`: packets that make a stream count; `configured`: see CallSettings. */
export interface CoupleSettings {
  readonly packetsMin: number;
  readonly configured?: Readonly<Record<string, string>>;
  readonly metadata: MetadataSettings;
}

/** All that is known of a couple now. */
export function coupleNews(state: CallState, couple: CoupleState, settings: CoupleSettings): Couple {
  const { sid, partyUuid, recordingId, request, sessions } = couple;
  const party = partyOf(state, couple);
  const pair = party ? undefined : pairOf(couple);
  const endedMs = endOf(state, couple);
  const dn = pair?.dn ?? couple.dn;
  const other = party?.otherDn ?? pair?.otherDn ?? otherOf(couple);
  const [name, otherName] = [party?.agent?.name ?? nameTold(couple, dn), nameTold(couple, other)];
  const externalData = externalDataOf(state, couple, settings);
  const names = displayNames(externalData, settings.metadata);
  const work = endedMs === undefined ? undefined : party?.afterCallWork;
  const byEvent = sidByEvent(state, couple);
  return {
    sid,
    ...(byEvent !== undefined && { sameAs: [byEvent] }),
    tenant: state.tenant,
    ...(state.switch !== '' && { switch: state.switch }),
    callUuid: state.callUuid,
    connIds: [...state.connIds],
    ...(state.partOf.length > 0 && { partOf: [...state.partOf] }),
    recordingId,
    dn,
    ...(name !== undefined && { name }),
    ...(other !== undefined && { otherDn: other }),
    ...(otherName !== undefined && { otherName }),
    ...(partyUuid !== '' && { partyUuid }),
    callType: party?.callType ?? 'unknown',
    ...(party?.agentId !== undefined && { agentId: party.agentId }),
    phase: endedMs !== undefined ? 'ended' : party?.phase === 'held' ? 'held' : 'talking',
    startedMs: party?.startedMs ?? pair?.fromMs ?? couple.startedMs,
    ...(party?.establishedMs !== undefined && { establishedMs: party.establishedMs }),
    ...(endedMs !== undefined && { endedMs }),
    // It may have been begun while the call was still up.
    ...(work && endedMs !== undefined && { afterCallWork: { ...work, fromMs: Math.max(work.fromMs, endedMs) } }),
    holds: (party?.holds ?? []).map((hold) => ({ ...hold })),
    request: { ...request },
    ...(couple.status && { status: { ...couple.status } }),
    standing: couple.standing,
    ...(party?.judged?.decision.screen && { screen: true }),
    problem: problemOf(couple, endedMs !== undefined, settings.packetsMin),
    takes: [...sessions.values()].map(takeNews),
    externalData,
    ...(Object.keys(names).length > 0 && { displayNames: names }),
  };
}

/** A couple ends with its party; one of which no event told ends when its client says so, or with its last session. */
export function endOf(state: CallState, couple: CoupleState): number | undefined {
  const party = partyOf(state, couple);
  if (party) return party.endedMs;
  const told = pairOf(couple)?.toMs;
  if (told !== undefined) return told;
  const ends = [...couple.sessions.values()].map(({ news, lost }) =>
    ofCore(news, news.endedMs ?? (lost ? news.startedMs : undefined)),
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

function takeNews({ news, lost, destroyed }: SessionState): Couple['takes'][number] {
  return {
    take: news.take,
    node: news.node,
    phase: news.phase === 'finished' ? 'finished' : news.endedMs !== undefined ? 'ended' : lost ? 'lost' : 'running',
    streams: news.streams.map(({ party, packets }) => ({ party, ...(packets !== undefined && { packets }) })),
    pauses: news.pauses.map(({ fromMs, toMs }) => ({ fromMs, ...(toMs !== undefined && { toMs }) })),
    ...(news.clock && { clock: { ...news.clock } }),
    ...(news.folder !== undefined && { folder: news.folder }),
    ...(destroyed && { destroyed }),
    ...(news.tags !== undefined && { tags: { ...news.tags } }),
  };
}

/** What is wrong with the media of a couple; nothing is, as long as more may come. */
function problemOf(
  { sessions, missed, request, standing }: CoupleState,
  ended: boolean,
  packetsMin: number,
): ProblemStatus {
  if (standing === 'discarded') return 'ALL_STREAM_DELETED';
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
  // What one take lacks, another one may have: of a copy, or of what was recorded anew, the best counts.
  const best = (party: string) =>
    Math.max(...all.flatMap(({ news }) => good(news).map((one) => (one.party === party ? (one.packets ?? 0) : 0))));
  return [...parties].some((party) => best(party) < packetsMin) ? 'ONE_STREAM_INCOMPLETE' : 'NO_PROBLEM';
}

/** What each source says of the couple, under the guide's prefixes. */
function externalDataOf(
  state: CallState,
  couple: CoupleState,
  { configured = {}, metadata }: CoupleSettings,
): Record<string, string> {
  const party = partyOf(state, couple);
  const invited = [...couple.sessions.values()].flatMap(({ news }) => news.dialogs.map((dialog) => dialog.metadata));
  return externalData({
    call: {
      ...party?.attributes,
      CallUuid: state.callUuid,
      ConnID: party?.connId,
      CallType: callTypeName(party?.callType),
      ThisDN: party?.dn,
      OtherDN: party?.otherDn,
      ANI: party?.told['ani'],
      DNIS: party?.told['dnis'],
      ThisQueue: party?.told['queue'],
      ThirdPartyDN: party?.told['thirdPartyDn'],
      AgentID: party?.agentId,
    },
    configured: party?.agent ? { ...configured, ...party.agent.configured } : configured,
    user: keptUserData(party?.userData ?? {}, metadata),
    extension: { ...callsTold(couple), ...Object.assign({}, ...invited), ...party?.extensions },
  });
}

/** As the enumeration of T-Lib names it: `Inbound`. */
function callTypeName(callType: Couple['callType'] | undefined): string | undefined {
  return callType && `${callType[0]!.toUpperCase()}${callType.slice(1)}`;
}
