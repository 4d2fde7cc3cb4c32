// What others are told of recordings while a call goes on (guide ch. 4, Notification of Recording): a status for each couple, and one
// for the whole call, attached to its data, where agent desktops see it. Pure.

import type { RecordingState } from '#src/recording';
import type { Duty } from '#src/shards';
import type { CallEffect, Notice, NoticeSettings } from './call.protocol.ts';
import { partyOf } from './recorded-party.ts';
import { type CallState, type CoupleState, type PartyState, partiesThere } from './state.ts';

/** The status of a couple. No screen is recorded as yet. */
export function noticeOfCouple(couple: CoupleState): Notice {
  return { audio: audioOf(couple), video: 'not-recording' };
}

function audioOf({ sessions, standing }: CoupleState): RecordingState {
  let [running, paused, gone] = [0, 0, 0];
  for (const { news, lost } of sessions.values()) {
    if (lost) gone += 1;
    if (lost || news.phase !== 'recording') continue;
    running += 1;
    if (!news.dialogs.some(({ phase }) => phase === 'answered')) continue;
    if (!news.paused) return standing === 'pre-recording' ? 'prerecording' : 'recording';
    paused += 1;
  }
  if (paused > 0) return 'no-longer-recording';
  if (running === sessions.size) return 'not-recording';
  // A recorder that is gone may be recording on, or not.
  return gone === sessions.size ? 'undefined' : 'no-longer-recording';
}

/** Of a recording that other cores know more of. */
function noticeOfOther(phase: 'recording' | 'paused'): Notice {
  return { audio: phase === 'paused' ? 'no-longer-recording' : 'recording', video: 'not-recording' };
}

const strengths: Readonly<Record<RecordingState, number>> = {
  'not-recording': 0,
  'no-longer-recording': 1,
  undefined: 2,
  prerecording: 3,
  recording: 4,
};
const notRecorded: Notice = { audio: 'not-recording', video: 'not-recording' };

/**
 * What is attached to a call: the strongest word on any of its couples; of a call without one, that it is not recorded. Asked with
 * every event of every call.
 */
export function noticeOfCall({ couples, beside }: CallState): Notice {
  let notice = notRecorded;
  for (const couple of couples.values()) notice = strongest(notice, noticeOfCouple(couple));
  for (const phase of beside.values()) notice = strongest(notice, noticeOfOther(phase));
  return notice;
}

function strongest(one: Notice, other: Notice): Notice {
  const of = (which: keyof Notice) => (strengths[other[which]] > strengths[one[which]] ? other[which] : one[which]);
  return { audio: of('audio'), video: of('video') };
}

/**
 * What is to be attached now, if anything: what is switched on and was not said yet; without effect when somebody has said it.
 * `isResynced`: the server has just said what is attached, which counts for more than what we believe to have said.
 */
export function attachmentOf(
  state: CallState,
  settings: NoticeSettings,
  isResynced: boolean,
  duty: (dn: string) => Duty,
): { readonly notice: Notice; readonly effect?: Extract<CallEffect, { type: 'attach' }> } | undefined {
  if ((!settings.audio && !settings.video) || state.phase === 'over') return undefined;
  const notice = noticeOfCall(state);
  const { notified } = isResynced ? {} : state;
  const isNew = (which: keyof Notice) => settings[which] && notified?.[which] !== notice[which];
  // Nearly always: asked with every event of every call.
  if (!isNew('audio') && !isNew('video')) return undefined;
  const party = partyToTell(state);
  if (!party) return undefined;
  const pairs = (['audio', 'video'] as const).flatMap((which) => {
    if (!isNew(which)) return [];
    const [key, value] = [keyOf(settings, which), valueFor(settings, notice[which])];
    // Twins say the same: what is there by itself is not said again. What we have said ourselves may not show yet.
    const isSaidByOthers = notified === undefined || duty(party.dn).phase === 'stands-by';
    const isThere = isSaidByOthers && party.userData[key] === value;
    return isThere ? [] : [[key, value] as const];
  });
  if (pairs.length === 0) return { notice };
  const { dn, connId } = party;
  return { notice, effect: { type: 'attach', dn, connId, data: Object.fromEntries(pairs) } };
}

/** Through whose DN it is attached: of a recorded party that talks, else of any that does. */
function partyToTell(state: CallState): PartyState | undefined {
  const talking = partiesThere(state).filter(({ phase }) => phase === 'talking' || phase === 'held');
  const recorded = new Set([...state.couples.values()].map((couple) => partyOf(state, couple)));
  return talking.find((party) => recorded.has(party)) ?? talking[0];
}

/** Under which keys we tell. */
export function noticeKeys(settings: NoticeSettings): readonly string[] {
  return [keyOf(settings, 'audio'), keyOf(settings, 'video')];
}

/** `RECORDING_STATUS_GIM`: the mandatory part, and the optional one behind an underscore. */
function keyOf(settings: NoticeSettings, which: keyof Notice): string {
  const [mandatory, optional] =
    which === 'audio' ? [settings.audioKey, settings.audioKeyOptional] : [settings.videoKey, settings.videoKeyOptional];
  return optional === '' ? mandatory : `${mandatory}_${optional}`;
}

function valueFor(settings: NoticeSettings, state: RecordingState): string {
  return {
    recording: settings.recording,
    'not-recording': settings.notRecording,
    'no-longer-recording': settings.noLongerRecording,
    prerecording: settings.prerecording,
    undefined: settings.undefined,
  }[state];
}
