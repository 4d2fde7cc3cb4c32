// Decides about new offers within a dialog (RFC 3264 §8): m-lines that come, go, move, are held. What is added is opened
// before the answer says where to send; what runs is not touched by what cannot be added.

import { answerOf } from './answer.ts';
import { metadataTold } from './metadata.ts';
import { planChange } from './plan.ts';
import type { SessionMessage, StreamKey } from './session.protocol.ts';
import { openStreams } from './state.ts';
import { isOnHold } from './stream.ts';
import type { Telling } from './telling.ts';

type ReInvited = Extract<SessionMessage, { type: 're-invited' }>;

/** A re-INVITE, or an UPDATE with an offer. Without an offer it refreshes the session, and the offer of before stands. */
export function reInvited(told: Telling, message: ReInvited, codecs: readonly string[]): void {
  const { dialog, request, offer: after, metadata, room = 0 } = message;
  const known = told.state.dialogs.get(dialog);
  if (known?.phase !== 'answered') {
    told.effect({ type: 'refuse-re-invite', request, status: 481, reason: 'Call/Transaction Does Not Exist' });
    return;
  }
  if (metadata) metadataTold(told, dialog, metadata);
  if (known.waiting !== undefined) {
    // RFC 3261 §14.2, RFC 3311 §5.2: one offer at a time.
    told.effect({ type: 'refuse-re-invite', request, status: 500, reason: 'the offer before is not answered yet' });
    return;
  }
  if (after === undefined) {
    answer(told, dialog, request);
    return;
  }
  const version = known.version + 1;
  const running = openStreams(told.state, dialog).map((id) => told.state.streams.get(id)!.wanted);
  const offers = { before: known.offer, after, version };
  const change = planChange(dialog, known.invite.msr, offers, running, { codecs, room });
  if (change.type === 'refused') {
    told.effect({ type: 'refuse-re-invite', request, status: change.status, reason: change.reason });
    return;
  }
  const { kept, added, removed } = change;
  const onHold = openStreams(told.state, dialog).filter((id) => isOnHold(told.state.streams.get(id)!));
  const keys = kept.flatMap(({ stream, rekeyed: srtp }) => (srtp ? [{ stream, srtp }] : []));
  const held = removed.filter((stream) => told.state.streams.get(stream)?.opened !== undefined);
  told.fact({
    type: 're-invited',
    dialog,
    offer: after,
    version,
    formats: kept.map(({ stream, formats }) => ({ stream, formats })),
    ...(keys.length === 0 ? {} : { keys }),
    ...(removed.length === 0 ? {} : { removed }),
    ...(added.length === 0 ? {} : { added, waiting: request }),
  });
  for (const { stream, movedTo } of kept) if (movedTo) told.effect({ type: 'move-stream', stream, peer: movedTo });
  const retrieved = onHold.filter((id) => !removed.includes(id) && !isOnHold(told.state.streams.get(id)!));
  if (retrieved.length > 0) told.effect({ type: 'expect-streams', streams: retrieved });
  if (held.length > 0) told.effect({ type: 'close-streams', streams: held });
  if (removed.length > 0) told.effect({ type: 'release-streams', streams: removed.length });
  if (added.length === 0) {
    answer(told, dialog, request, keys);
    return;
  }
  // What is added is opened behind these, and answered after that.
  for (const key of keys) told.effect({ type: 'rekey-stream', ...key });
  told.effect({ type: 'hold-streams', streams: added });
  told.effect({ type: 'open-streams', dialog, streams: added, paused: told.state.pauseBy !== undefined });
}

/** What a re-INVITE added is open: now it can be answered. */
export function addedOpened(told: Telling, dialog: string): void {
  answerWaiting(told, dialog);
}

/** What a re-INVITE added cannot be opened: its m-lines are refused with port 0, the others go on. */
export function addedRefused(told: Telling, dialog: string): void {
  const wanted = openStreams(told.state, dialog).filter((id) => told.state.streams.get(id)!.phase === 'wanted');
  for (const stream of wanted) told.fact({ type: 'stream-ended', stream, reason: 'refused' });
  if (wanted.length > 0) told.effect({ type: 'release-streams', streams: wanted.length });
  answerWaiting(told, dialog);
}

function answerWaiting(told: Telling, dialog: string): void {
  const { waiting } = told.state.dialogs.get(dialog)!;
  if (waiting === undefined) return;
  told.fact({ type: 're-answered', dialog });
  answer(told, dialog, waiting);
}

function answer(told: Telling, dialog: string, request: string, keys: readonly StreamKey[] = []): void {
  const { offer, version } = told.state.dialogs.get(dialog)!;
  const sdp = answerOf(told.state, dialog, offer, version);
  told.effect({ type: 'answer-re-invite', request, sdp, ...(keys.length === 0 ? {} : { keys }) });
}
