// The state of a recording session as the fold of its facts. Nothing else changes it, so a journal read again gives it back.

import type { Copied } from '#src/recording';
import type { Offer } from '#src/sip';
import { withOrders } from './asked-pause.ts';
import type { EndReason, Invite, OpenedStream, SessionFact, WantedStream } from './session.protocol.ts';
import { isRefused, isRunning, reOffered, type StreamState, wantedStream } from './stream.ts';
import { nothingTold, type Told, withTold } from './told.ts';

/** A dialog of the session. `version` is the o= version of our last answer. */
export interface DialogState {
  readonly phase: 'opening' | 'answered' | 'ended';
  readonly invite: Invite;
  readonly offer: Offer;
  readonly version: number;
  readonly invitedMs: number;
  /** When it was decided to send our first answer; absent when it never was, or when that is known not to have gone out. */
  readonly answeredMs?: number;
  /** The re-INVITE that waits for streams to be opened. */
  readonly waiting?: string;
  /** How often complete metadata was asked for. */
  readonly snapshotsAsked: number;
  readonly endedMs?: number;
  readonly endReason?: EndReason;
  readonly endDetail?: string;
}

/** A stretch of wall-clock time in which nothing was kept; `toMs` is absent while it lasts. */
export interface Pause {
  readonly fromMs: number;
  readonly toMs?: number;
  readonly by: string;
  /** Orders to pause that it follows from, by name. */
  readonly orders?: readonly string[];
}

/** Where the session stands: `recording` has dialogs, `lingering` waits for another one, `closing` for the last streams. */
export type SessionPhase = 'recording' | 'lingering' | 'closing' | 'finishing' | 'finished';

export interface SessionState {
  readonly phase: SessionPhase;
  readonly take: string;
  readonly tenant: string;
  readonly node: string;
  readonly recordingId: string;
  readonly dialogs: ReadonlyMap<string, DialogState>;
  readonly streams: ReadonlyMap<string, StreamState>;
  readonly pauses: readonly Pause[];
  /** Who asked for the pause that holds or is being put in force. */
  readonly pauseBy?: string;
  /** The orders that want it, by name. */
  readonly pauseOrders?: readonly string[];
  /** What was copied out of the capture journal while it ran. */
  readonly copied?: Copied;
  /** What a recording client has told; absent when there is none. */
  readonly told?: Told;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly endReason?: EndReason;
  readonly folder?: string;
  /** Packets of each stream that are in the recording, once it is finished. */
  readonly packets?: Readonly<Record<string, number>>;
}

/** Cuts that are remembered, of all that was copied out. */
const cutsMax = 64;

/** The state after one more fact; the first fact of a session is `invited`. */
export function apply(state: SessionState | undefined, fact: SessionFact): SessionState {
  if (fact.type === 'invited') return invited(state, fact);
  if (fact.type === 'summed-up') return fact.state;
  if (state === undefined) throw new Error(`a session cannot begin with the fact '${fact.type}'`);
  switch (fact.type) {
    case 'streams-opened':
      return fact.opened.reduce<SessionState>((next, opened) => withOpened(next, opened), state);
    case 'answered':
      return withDialog(state, fact.dialog, { phase: 'answered', version: fact.version, answeredMs: fact.atMs });
    case 'answer-unsent': {
      const { answeredMs: _, ...dialog } = state.dialogs.get(fact.dialog)!;
      return { ...state, dialogs: new Map([...state.dialogs, [fact.dialog, { ...dialog, phase: 'opening' }]]) };
    }
    case 're-invited':
      return reInvited(state, fact);
    case 're-answered':
      return reAnswered(state, fact.dialog);
    case 'metadata-told': {
      const told = withTold(state.told ?? nothingTold, fact.metadata, state.startedMs, fact.atMs);
      return { ...state, told };
    }
    case 'snapshot-asked':
      return withDialog(state, fact.dialog, { snapshotsAsked: state.dialogs.get(fact.dialog)!.snapshotsAsked + 1 });
    case 'dialog-ended': {
      const detail = fact.detail === undefined ? {} : { endDetail: fact.detail };
      const ended = withDialog(state, fact.dialog, {
        phase: 'ended',
        endedMs: fact.atMs,
        endReason: fact.reason,
        ...detail,
      });
      return openDialogs(ended).length === 0 && ended.phase === 'recording' ? { ...ended, phase: 'lingering' } : ended;
    }
    case 'stream-ended':
      return onceClosed(withEnd(state, fact.stream, fact.reason, fact.atMs));
    case 'stream-closed': {
      const closed = { counters: fact.counters, to: fact.to };
      return onceClosed(withStream(state, fact.stream, { phase: 'closed', closed }));
    }
    case 'pause-asked': {
      const orders = withOrders(state.pauseOrders, fact.orders);
      if (orders.length === 0) return { ...state, pauseBy: state.pauseBy ?? fact.by };
      // A pause that is just being ended follows from earlier orders only.
      const isHeld = state.pauseBy !== undefined;
      const pauses = state.pauses.map((one) => (isHeld && one.toMs === undefined ? { ...one, orders } : one));
      return { ...state, pauseBy: state.pauseBy ?? fact.by, pauseOrders: orders, pauses };
    }
    case 'paused': {
      const { pauseBy: by = 'unknown', pauseOrders: orders } = state;
      return { ...state, pauses: [...state.pauses, { fromMs: fact.fromMs, by, ...(orders && { orders }) }] };
    }
    case 'resume-asked': {
      const { pauseBy: _, pauseOrders: __, ...rest } = state;
      return rest;
    }
    case 'resumed':
      return {
        ...state,
        pauses: state.pauses.map((one) => (one.toMs === undefined ? { ...one, toMs: fact.toMs } : one)),
      };
    case 'copied': {
      const { part, to, cuts } = fact;
      const before = state.copied ?? { parts: [], cuts: [] };
      const parts = part === undefined ? before.parts : [...before.parts, part];
      return { ...state, copied: { parts, to, cuts: [...before.cuts, ...cuts].slice(0, cutsMax) } };
    }
    case 'ended':
      return {
        ...state,
        phase: allClosed(state) ? 'finishing' : 'closing',
        endedMs: fact.atMs,
        endReason: fact.reason,
      };
    case 'finished':
      return {
        ...state,
        phase: 'finished',
        folder: fact.folder,
        ...(fact.packets !== undefined && { packets: fact.packets }),
      };
  }
}

/** Dialogs that have not ended. */
export function openDialogs(state: SessionState): string[] {
  return [...state.dialogs].filter(([, dialog]) => dialog.phase !== 'ended').map(([id]) => id);
}

/** Streams of one dialog, or of all, that capture holds for us or was asked to. */
export function openStreams(state: SessionState, dialog?: string): string[] {
  return [...state.streams]
    .filter(([, stream]) => isRunning(stream))
    .filter(([, stream]) => dialog === undefined || stream.dialog === dialog)
    .map(([id]) => id);
}

/** Streams that have ended and that capture may still hold, or be opening. */
export function endingStreams(state: SessionState): string[] {
  return [...state.streams].filter(([, stream]) => stream.phase === 'ending' && !isRefused(stream)).map(([id]) => id);
}

/** True when capture holds no stream any more, and will not come to hold one. */
function allClosed(state: SessionState): boolean {
  return [...state.streams.values()].every((stream) => stream.phase === 'closed' || isRefused(stream));
}

function onceClosed(state: SessionState): SessionState {
  return state.phase === 'closing' && allClosed(state) ? { ...state, phase: 'finishing' } : state;
}

function invited(state: SessionState | undefined, fact: SessionFact & { type: 'invited' }): SessionState {
  const base: SessionState = state ?? {
    phase: 'recording',
    take: fact.take,
    tenant: fact.tenant,
    node: fact.node,
    recordingId: fact.recordingId,
    dialogs: new Map(),
    streams: new Map(),
    pauses: [],
    startedMs: fact.atMs,
  };
  const { invite } = fact;
  const dialog: DialogState = {
    phase: 'opening',
    invite,
    offer: invite.offer,
    version: 1,
    invitedMs: fact.atMs,
    snapshotsAsked: 0,
  };
  const next: SessionState = {
    ...base,
    phase: 'recording',
    dialogs: new Map([...base.dialogs, [invite.dialog, dialog]]),
    streams: withWanted(base.streams, fact.streams, invite.dialog, invite.offer, fact.atMs),
  };
  if (!invite.siprec) return next;
  const told = base.told ?? nothingTold;
  const { metadata } = invite.siprec;
  return { ...next, told: metadata ? withTold(told, metadata, next.startedMs, fact.atMs) : told };
}

function reInvited(state: SessionState, fact: SessionFact & { type: 're-invited' }): SessionState {
  const { dialog, offer, version, waiting, atMs } = fact;
  const formats = new Map(fact.formats?.map((one) => [one.stream, one.formats]));
  const keys = new Map(fact.keys?.map((one) => [one.stream, one.srtp]));
  const removed = new Set(fact.removed);
  const goOn = [...state.streams].map(([id, stream]) => {
    const stays = stream.dialog === dialog && isRunning(stream) && !removed.has(id);
    return [id, stays ? reOffered(stream, offer, formats.get(id) ?? [], atMs, keys.get(id)) : stream] as const;
  });
  const streams = withWanted(new Map(goOn), fact.added ?? [], dialog, offer, atMs);
  const changed = withDialog({ ...state, streams }, dialog, {
    offer,
    version,
    ...(waiting === undefined ? {} : { waiting }),
  });
  return [...removed].reduce((next, id) => withEnd(next, id, 'removed', atMs), changed);
}

function reAnswered(state: SessionState, id: string): SessionState {
  const { waiting: _, ...dialog } = state.dialogs.get(id)!;
  return { ...state, dialogs: new Map([...state.dialogs, [id, dialog]]) };
}

function withWanted(
  streams: SessionState['streams'],
  added: readonly WantedStream[],
  dialog: string,
  offer: Offer,
  atMs: number,
): SessionState['streams'] {
  return new Map([...streams, ...added.map((one) => [one.stream, wantedStream(one, dialog, offer, atMs)] as const)]);
}

function withEnd(state: SessionState, id: string, endReason: EndReason, endedMs: number): SessionState {
  return withStream(state, id, { phase: 'ending', endReason, endedMs });
}

/** A stream whose dialog has ended while capture was opening it stays at its end. */
function withOpened(state: SessionState, opened: OpenedStream): SessionState {
  const ending = state.streams.get(opened.stream)?.phase === 'ending';
  return withStream(state, opened.stream, { phase: ending ? 'ending' : 'open', opened });
}

function withDialog(state: SessionState, id: string, change: Partial<DialogState>): SessionState {
  const dialog = state.dialogs.get(id);
  if (!dialog) throw new Error(`fact about the unknown dialog ${id}`);
  return { ...state, dialogs: new Map([...state.dialogs, [id, { ...dialog, ...change }]]) };
}

function withStream(state: SessionState, id: string, change: Partial<StreamState>): SessionState {
  const stream = state.streams.get(id);
  if (!stream) throw new Error(`fact about the unknown stream ${id}`);
  return { ...state, streams: new Map([...state.streams, [id, { ...stream, ...change }]]) };
}
