// Decides what a recording session does about what it hears. Pure: facts to write down and effects to perform come out,
// nothing happens here. Facts are folded by state.ts.

import { takeId, unnamedRecordingId } from '#src/ids';
import { comparePositions } from '#src/journal';
import { answerOf } from './answer.ts';
import { isNewOrder, isTakenBack } from './asked-pause.ts';
import { awaitMetadata, metadataTold, requestSnapshot } from './metadata.ts';
import { addedOpened, addedRefused, reInvited } from './offer.ts';
import type { EndReason, Invite, SessionEffect, SessionFact, SessionMessage } from './session.protocol.ts';
import { apply, endingStreams, openDialogs, openStreams, type SessionState } from './state.ts';
import { heldUntilMs, isOnHold } from './stream.ts';
import { type Decision, Telling } from './telling.ts';

/** What a session is told once and keeps. */
export interface SessionSettings {
  readonly tenant: string;
  readonly node: string;
  readonly codecs: readonly string[];
  readonly lingerMs: number;
  readonly silenceMsMax: number;
  readonly retryAfterSeconds: number;
}

/** How long a peer waits for the answer to its INVITE (64*T1, RFC 3261 §17.1.1.2). */
const answerMsMax = 32_000;

type Said<T extends SessionMessage['type']> = Extract<SessionMessage, { type: T }>;

/** Decides about one message at `nowMs` (wall clock). */
export function decide(
  state: SessionState | undefined,
  message: SessionMessage,
  nowMs: number,
  settings: SessionSettings,
): Decision {
  if (message.type === 'invited') return invited(state, message, nowMs, settings);
  if (state === undefined) throw new Error(`a session cannot begin with '${message.type}'`);
  const told = new Telling(state, nowMs);
  switch (message.type) {
    case 'streams-opened':
      streamsOpened(told, message);
      break;
    case 'streams-refused':
      streamsRefused(told, message, settings);
      break;
    case 'answer-failed':
      answerFailed(told, message, settings);
      break;
    case 'cancelled':
      // An answer that was on its way is too late: who is answered cannot cancel any more (RFC 3261 §9.2).
      unsent(told, message.dialog);
      endDialog(told, message.dialog, 'cancel', settings);
      break;
    case 're-invited':
      reInvited(told, message, settings.codecs);
      break;
    case 'metadata-told':
      metadataTold(told, message.dialog, message.metadata);
      break;
    case 'metadata-due':
      requestSnapshot(told, message.dialog);
      break;
    case 'bye':
      endDialog(told, message.dialog, message.reason, settings, message.detail);
      if (message.request !== undefined) told.effect({ type: 'answer-bye', request: message.request });
      break;
    case 'silent':
      silent(told, message, nowMs, settings);
      break;
    case 'stream-gone':
      streamGone(told, message, settings);
      break;
    case 'gated':
      gated(told, message);
      break;
    case 'stream-closed':
      streamClosed(told, message);
      break;
    case 'pause':
      if (told.state.pauseBy === undefined || isNewOrder(told.state.pauseOrders, message.orders))
        told.fact({ ...message, type: 'pause-asked' });
      // Also when it was asked for before: whoever asks again waits until it holds.
      told.effect({ type: 'gate-streams', streams: openStreams(told.state), paused: true });
      break;
    case 'resume':
      if (told.state.pauseBy !== undefined && isTakenBack(told.state.pauseOrders, message.orders)) {
        told.fact({ type: 'resume-asked', by: message.by });
        told.effect({ type: 'gate-streams', streams: openStreams(told.state), paused: false });
      }
      break;
    case 'stop':
      for (const dialog of openDialogs(told.state))
        hangUp(told, dialog, message.reason, settings, `asked by ${message.by}`);
      break;
    case 'copied':
      copied(told, message);
      break;
    case 'lingered':
      if (told.state.phase === 'lingering') ended(told);
      break;
    case 'finished':
      told.fact(message);
      told.effect({ type: 'forget' });
      break;
  }
  return told.decision;
}

function invited(
  state: SessionState | undefined,
  { invite, streams, pausedBy }: Said<'invited'>,
  nowMs: number,
  { tenant, node }: SessionSettings,
): Decision {
  if (state !== undefined && state.phase !== 'recording' && state.phase !== 'lingering') {
    return { state, facts: [], effects: [{ type: 'pass-on', invite, streams }] };
  }
  const { take, recordingId } = state ?? nameTake(tenant, node, invite);
  const facts: SessionFact[] = [{ type: 'invited', atMs: nowMs, take, recordingId, tenant, node, invite, streams }];
  const told = new Telling(apply(state, facts[0]!), nowMs, facts);
  if (!state && pausedBy !== undefined) {
    told.fact({ type: 'pause-asked', ...pausedBy });
    told.fact({ type: 'paused', fromMs: nowMs });
  }
  const paused = told.state.pauseBy !== undefined;
  told.effect({ type: 'open-streams', dialog: invite.dialog, streams, paused });
  return told.decision;
}

/** How the take that begins with this dialog is called. */
export function nameTake(tenant: string, node: string, invite: Invite): { take: string; recordingId: string } {
  const { callId, fromTag } = invite;
  const recordingId = invite.msr.recordingId ?? unnamedRecordingId(callId, fromTag);
  return { recordingId, take: takeId(tenant, { recordingId, node, callId, fromTag }) };
}

/**
 * What to do again after a crash, at `nowMs`: every effect whose end the facts do not show. All of them may be done twice. Of an answer they
 * show only that it was to be sent; where it is older than its peer would wait for it, silence tells.
 */
export function recover(state: SessionState, nowMs: number, settings: SessionSettings): readonly SessionEffect[] {
  switch (state.phase) {
    case 'lingering':
      return [{ type: 'linger', ms: settings.lingerMs }, ...closeEnding(state)];
    case 'recording': {
      const opening = [...state.dialogs].filter(([, dialog]) => dialog.phase === 'opening').map(([id]) => id);
      const paused = state.pauseBy !== undefined;
      const holds = state.pauses.some((pause) => pause.toMs === undefined);
      return [
        ...opening.map((dialog): SessionEffect => {
          const streams = openStreams(state, dialog).map((id) => state.streams.get(id)!.wanted);
          return { type: 'open-streams', dialog, streams, paused };
        }),
        ...[...state.dialogs].flatMap(([dialog, { phase, answeredMs = 0 }]): SessionEffect[] =>
          phase === 'answered' && nowMs - answeredMs < answerMsMax ? [{ type: 'confirm-answer', dialog }] : [],
        ),
        ...reopenAdded(state, paused),
        ...expectAgain(state),
        ...tellKeys(state),
        ...(paused === holds ? [] : [{ type: 'gate-streams', streams: openStreams(state), paused } as const]),
        ...closeEnding(state),
      ];
    }
    case 'closing':
      return [{ type: 'tell-over' }, ...closeEnding(state)];
    case 'finishing':
      return [{ type: 'tell-over' }, finishOrForget(state)];
    case 'finished':
      return [{ type: 'forget' }];
  }
}

/** Streams that are on hold no longer: nothing shows whether capture heard of it. */
function expectAgain(state: SessionState): SessionEffect[] {
  const streams = openStreams(state).filter((id) => heldUntilMs(state.streams.get(id)!) !== undefined);
  return streams.length === 0 ? [] : [{ type: 'expect-streams', streams }];
}

/** Streams that a re-INVITE added and that capture was asked for. */
function reopenAdded(state: SessionState, paused: boolean): SessionEffect[] {
  return openDialogs(state).flatMap((dialog): SessionEffect[] => {
    if (state.dialogs.get(dialog)!.waiting === undefined) return [];
    const added = openStreams(state, dialog).map((id) => state.streams.get(id)!);
    const streams = added.filter(({ phase }) => phase === 'wanted').map(({ wanted }) => wanted);
    return [
      { type: 'hold-streams', streams },
      { type: 'open-streams', dialog, streams, paused },
    ];
  });
}

/** With a key that capture was not told nothing of a stream could be read; told again, it changes nothing. */
function tellKeys(state: SessionState): SessionEffect[] {
  return openStreams(state).flatMap((stream): SessionEffect[] => {
    const { phase, wanted } = state.streams.get(stream)!;
    return phase === 'open' && wanted.srtp ? [{ type: 'rekey-stream', stream, srtp: wanted.srtp }] : [];
  });
}

function closeEnding(state: SessionState): SessionEffect[] {
  const streams = endingStreams(state);
  return streams.length > 0 ? [{ type: 'close-streams', streams }] : [];
}

function streamsOpened(told: Telling, { dialog, opened }: Said<'streams-opened'>): void {
  const known = told.state.dialogs.get(dialog);
  told.fact({ type: 'streams-opened', dialog, opened });
  if (known?.phase === 'answered') {
    addedOpened(told, dialog);
    return;
  }
  if (known?.phase !== 'opening') {
    // Cancelled or gone while capture was opening: nothing of it may stay behind.
    told.effect({ type: 'close-streams', streams: opened.map((one) => one.stream) });
    return;
  }
  told.fact({ type: 'answered', dialog, version: known.version });
  told.effect({ type: 'answer', dialog, sdp: answerOf(told.state, dialog, known.offer, known.version) });
  awaitMetadata(told, dialog);
}

function streamsRefused(told: Telling, { dialog, detail }: Said<'streams-refused'>, settings: SessionSettings): void {
  const phase = told.state.dialogs.get(dialog)?.phase;
  if (phase === 'answered') {
    addedRefused(told, dialog);
    return;
  }
  if (phase === 'opening') {
    const { retryAfterSeconds } = settings;
    told.effect({ type: 'refuse', dialog, status: 503, reason: detail, retryAfterSeconds });
    endDialog(told, dialog, 'refused', settings, detail);
    return;
  }
  // Cancelled or gone while capture was opening: now it is known that nothing stays behind.
  for (const stream of endingStreams(told.state)) {
    if (told.state.streams.get(stream)!.dialog === dialog)
      told.fact({ type: 'stream-ended', stream, reason: 'refused' });
  }
  finishWhenClosed(told);
}

/**
 * Whoever has no answer goes elsewhere. With the power facts may go of which the peer knows the effect: it was answered perhaps, and sends
 * to where nobody is.
 */
function answerFailed(
  told: Telling,
  { dialog, detail, unsent: isUnsent }: Said<'answer-failed'>,
  settings: SessionSettings,
): void {
  // It may have been invited once more since.
  if (told.state.dialogs.get(dialog)?.phase !== 'answered') return;
  if (isUnsent) {
    unsent(told, dialog);
    endDialog(told, dialog, 'cancel', settings, detail);
  } else hangUp(told, dialog, 'answer-unknown', settings, detail);
}

function unsent(told: Telling, dialog: string): void {
  if (told.state.dialogs.get(dialog)?.phase === 'answered') told.fact({ type: 'answer-unsent', dialog });
}

/**
 * A silent stream is closed; a dialog whose streams have all gone silent is hung up (guide: -t). Hold is not silence, and
 * silence counts from its end: capture is told so, but may have spoken before it heard of it.
 */
function silent(told: Telling, { stream: id }: Said<'silent'>, nowMs: number, settings: SessionSettings): void {
  const stream = told.state.streams.get(id);
  if (stream?.phase !== 'open' || isOnHold(stream)) return;
  if (nowMs - (heldUntilMs(stream) ?? Number.NEGATIVE_INFINITY) < settings.silenceMsMax) {
    told.effect({ type: 'expect-streams', streams: [id] });
    return;
  }
  endStream(told, id, 'silence', settings);
}

/** Its sockets are gone with the process that held them: what was received is finished, who still sends is hung up. */
function streamGone(told: Telling, { stream: id, at }: Said<'stream-gone'>, settings: SessionSettings): void {
  const stream = told.state.streams.get(id);
  if (stream?.phase !== 'open' || !stream.opened || comparePositions(stream.opened.from, at) >= 0) return;
  endStream(told, id, 'capture-lost', settings);
}

function endStream(told: Telling, id: string, reason: EndReason, settings: SessionSettings): void {
  const { dialog } = told.state.streams.get(id)!;
  told.fact({ type: 'stream-ended', stream: id, reason });
  told.effect({ type: 'close-streams', streams: [id] });
  told.effect({ type: 'release-streams', streams: 1 });
  if (openStreams(told.state, dialog).length === 0) hangUp(told, dialog, reason, settings);
}

function gated(told: Telling, { paused, atMs }: Said<'gated'>): void {
  const holds = told.state.pauses.some((pause) => pause.toMs === undefined);
  if (paused && !holds) told.fact({ type: 'paused', fromMs: atMs });
  if (!paused && holds) told.fact({ type: 'resumed', toMs: atMs });
}

/** What comes after finishing has begun is not looked at any more; neither is what was copied a second time. */
function copied(told: Telling, { part, to, cuts }: Said<'copied'>): void {
  const { phase, copied: before } = told.state;
  if (phase === 'finishing' || phase === 'finished') return;
  if (before && comparePositions(to, before.to) <= 0) return;
  told.fact({ type: 'copied', ...(part === undefined ? {} : { part }), to, cuts });
}

function streamClosed(told: Telling, { stream, counters, to }: Said<'stream-closed'>): void {
  if (told.state.streams.get(stream)?.phase === 'closed') return;
  told.fact({ type: 'stream-closed', stream, counters, to });
  finishWhenClosed(told);
}

function hangUp(told: Telling, dialog: string, reason: EndReason, settings: SessionSettings, detail?: string): void {
  const answered = told.state.dialogs.get(dialog)?.phase === 'answered';
  if (answered) told.effect({ type: 'hang-up', dialog, reason });
  else told.effect({ type: 'refuse', dialog, status: 480, reason: 'Temporarily Unavailable' });
  endDialog(told, dialog, reason, settings, detail);
}

function endDialog(told: Telling, dialog: string, reason: EndReason, settings: SessionSettings, detail?: string): void {
  const known = told.state.dialogs.get(dialog);
  if (known === undefined || known.phase === 'ended') return;
  const streams = openStreams(told.state, dialog);
  for (const stream of streams) told.fact({ type: 'stream-ended', stream, reason });
  told.fact({ type: 'dialog-ended', dialog, reason, ...(detail === undefined ? {} : { detail }) });
  const held = streams.filter((stream) => told.state.streams.get(stream)?.opened !== undefined);
  if (held.length > 0) told.effect({ type: 'close-streams', streams: held });
  if (streams.length > 0) told.effect({ type: 'release-streams', streams: streams.length });
  if (told.state.phase === 'lingering') told.effect({ type: 'linger', ms: settings.lingerMs });
}

/** No further dialog came: the recording is over, for the reason its last dialog ended. */
function ended(told: Telling): void {
  const last = [...told.state.dialogs.values()].reduce((a, b) => ((b.endedMs ?? 0) >= (a.endedMs ?? 0) ? b : a));
  told.fact({ type: 'ended', reason: last.endReason ?? 'bye' });
  told.effect({ type: 'tell-over' });
  finishWhenClosed(told);
}

function finishWhenClosed(told: Telling): void {
  if (told.state.phase === 'finishing') told.effect(finishOrForget(told.state));
}

/** A session that never answered a dialog was never sent anything: it leaves nothing to finish. */
function finishOrForget(state: SessionState): SessionEffect {
  const answered = [...state.dialogs.values()].some((dialog) => dialog.answeredMs !== undefined);
  return answered ? { type: 'finish', take: state.take } : { type: 'forget' };
}
