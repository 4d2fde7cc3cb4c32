// Whose recording is asked for once more: who was left behind by the one on whose side it was made, whose recorders are gone, who was
// refused, and whose recording was granted and is made by nobody. Pure.

import type { SessionNews } from '#src/recording';
import type { CallEffect } from './call.protocol.ts';
import { partyOf } from './recorded-party.ts';
import {
  type CallState,
  type CoupleState,
  type PartyState,
  partyAt,
  receivedNothing,
  type SessionState,
} from './state.ts';

/** A recording that is hung up so soon, with nothing received, was never wanted there. */
const givenUpMsMax = 1_000;
/** How often it is asked for again while nobody records it: about an hour long. */
export const attemptsMax = 240;
const [firstWaitMs, waitMsMax] = [2_000, 15_000];
const [firstRestMs, restMsMax] = [500, 10_000];

/** Its party is still there, nobody has had the recording ended for good, and it was not asked for since its last session. */
export function isToBeAskedAgain(state: CallState, couple: CoupleState, restartsLost: boolean): boolean {
  const { sessions, asked = 0 } = couple;
  const party = wantedParty(state, couple);
  if (!party || sessions.size <= asked) return false;
  return (restartsLost && isBereft(couple)) || isLeftBehind(state, couple, party);
}

/**
 * What has become of a recording that was asked for: all recorders may have refused it, or none was there. `opening`: one of
 * them has not answered yet.
 */
export function afterAsked(state: CallState, couple: CoupleState, attempt: number): 'settled' | 'opening' | 'missing' {
  const isRefusedForGood = couple.request.phase === 'refused' && couple.failure?.isForGood;
  if (couple.attempt !== attempt || isRefusedForGood || !wantedParty(state, couple)) return 'settled';
  const answers = [...couple.sessions.values()].slice(couple.asked).map(answerOf);
  if (answers.includes('taken')) return 'settled';
  return answers.includes('opening') ? 'opening' : 'missing';
}

/** Recorders that come back are not asked by all calls at once, nor left alone for long. Nothing when it was asked for often enough. */
export function awaitRecording({ sid, attempt = 0 }: CoupleState): CallEffect[] {
  const ms = Math.min(firstWaitMs * 2 ** Math.max(attempt - 1, 0), waitMsMax);
  return attempt >= attemptsMax ? [] : [{ type: 'await-recording', sid, attempt, ms }];
}

/**
 * A server that has refused, did not answer, or found no recorder is asked again after a rest: what it lacked it may have by then. Nothing
 * when somebody records it all the same, or when it would be refused again.
 */
export function repeatFailed(state: CallState, couple: CoupleState): CallEffect[] {
  const { sid, attempt = 0 } = couple;
  if (attempt >= attemptsMax) return [];
  if (afterAsked(state, couple, attempt) === 'settled') return [];
  return [{ type: 'await-recording', sid, attempt, ms: Math.min(firstRestMs * 2 ** attempt, restMsMax) }];
}

/** What is waited for by whoever comes after a crash. */
export function awaitedStill(state: CallState, couple: CoupleState): CallEffect[] {
  const { attempt = 0, request } = couple;
  if (request.phase === 'refused') return repeatFailed(state, couple);
  // What was not answered is asked once more.
  if (attempt === 0 && request.phase === 'asked') return [];
  return afterAsked(state, couple, attempt) === 'settled' ? [] : awaitRecording(couple);
}

/** The party, when it talks and is to be recorded. */
function wantedParty(state: CallState, couple: CoupleState): PartyState | undefined {
  const party = partyOf(state, couple);
  if (party?.phase !== 'talking' && party?.phase !== 'held') return undefined;
  return couple.standing === 'discarded' || partyAt(state, couple.dn) !== party ? undefined : party;
}

/**
 * Of one recorder. A recording is refused, or given up, when one side of it is and no other one runs, whether or not its recorder knows of
 * it still; until then that is open.
 */
function answerOf({ news, lost }: SessionState): 'taken' | 'opening' | 'refused' {
  if (isGivenUp(news)) return 'refused';
  const dialogs = latest(news.dialogs);
  const isRefused = dialogs.some(({ endReason }) => endReason === 'refused' || endReason === 'cancel');
  if (isRefused && dialogs.every(({ phase }) => phase === 'ended')) return 'refused';
  const isOpen = isRefused || dialogs.some(({ phase }) => phase === 'opening');
  return isOpen && !lost ? 'opening' : 'taken';
}

/** Answered after whoever brought it had stopped waiting, and hung up at once: nothing was received, and nobody has ended a recording. */
function isGivenUp(news: SessionNews): boolean {
  const isShort = ({ endReason, invitedMs, endedMs = Number.POSITIVE_INFINITY }: SessionNews['dialogs'][number]) =>
    endReason === 'bye' && endedMs - invitedMs < givenUpMsMax;
  return news.dialogs.length > 0 && news.dialogs.every(isShort) && receivedNothing(news);
}

/** A recording that is brought again at once is a further pair of dialogs of the same session. */
function latest(dialogs: SessionNews['dialogs']): SessionNews['dialogs'] {
  return dialogs.filter(({ dn }, at) => dn === undefined || !dialogs.slice(at + 1).some((later) => later.dn === dn));
}

/** Every recorder that had it is gone. */
function isBereft({ sessions, asked = 0 }: CoupleState): boolean {
  const all = [...sessions.values()];
  const had = all.slice(asked).filter((one) => answerOf(one) !== 'refused');
  // One of two recorders is enough: with duplication each has all of it.
  return had.length > 0 && had.every(isTakenAway) && !all.some(records);
}

function records({ news, lost }: SessionState): boolean {
  return !lost && news.phase === 'recording';
}

/** It recorded when its recorder went, or ended when what received for it did, or what was known of its answer. */
function isTakenAway({ news, lost }: SessionState): boolean {
  if (news.phase === 'recording') return lost;
  const { endReason } = news.dialogs.at(-1) ?? {};
  return endReason === 'capture-lost' || endReason === 'answer-unknown';
}

/**
 * It talks on with another one than the one on whose side it was recorded, who took the recording along. What ended on the party's own
 * side, or while the other one is still there, somebody has stopped.
 */
function isLeftBehind(state: CallState, couple: CoupleState, party: PartyState): boolean {
  const all = [...couple.sessions.values()];
  if (all.some(({ news, lost }) => lost || news.phase === 'recording' || news.phase === 'lingering')) return false;
  const policy = party.judged?.decision.policy;
  if (policy !== 'record' && policy !== 'pre-record') return false;
  const { recordDn } = all.at(-1)!.news;
  if (recordDn === undefined || recordDn === couple.dn || recordDn === party.otherDn) return false;
  const recorded = partyAt(state, recordDn);
  return recorded === undefined || recorded.phase === 'gone';
}
