// What a session leaves behind when it is over: the take that is to be finished.

import type { Take, TakeDialog, TakeStream } from '#src/recording';
import type { StreamCounters } from './session.protocol.ts';
import type { SessionState } from './state.ts';
import type { StreamState } from './stream.ts';
import { speakersOf, toldOf } from './voices.ts';

/** The take of a session whose streams are closed. Streams that capture never held are left out. */
export function takeOf(state: SessionState): Take {
  const endedMs = state.endedMs ?? state.startedMs;
  // The session waited for another dialog after the last one; nobody was paused then.
  const hungUpMs = Math.max(...[...state.dialogs.values()].map((dialog) => dialog.endedMs ?? endedMs));
  const { msr } = [...state.dialogs.values()][0]!.invite;
  const told = toldOf(state, endedMs);
  return {
    take: state.take,
    recordingId: state.recordingId,
    tenant: state.tenant,
    node: state.node,
    ...(msr.callUuid === undefined ? {} : { callUuid: msr.callUuid }),
    ...(msr.recordDn === undefined ? {} : { recordDn: msr.recordDn }),
    startedMs: state.startedMs,
    endedMs,
    endReason: state.endReason ?? 'bye',
    dialogs: [...state.dialogs].map(([dialog, known]): TakeDialog => {
      const { callId, fromTag, source, msr: words } = known.invite;
      const ended = { endedMs: known.endedMs ?? endedMs, endReason: known.endReason ?? 'bye' };
      const detail = known.endDetail === undefined ? {} : { endDetail: known.endDetail };
      return {
        dialog,
        callId,
        fromTag,
        source,
        invitedMs: known.invitedMs,
        ...ended,
        ...detail,
        metadata: words.metadata,
      };
    }),
    streams: [...state.streams].flatMap(([stream, known]) => takeStream(state, stream, known, endedMs) ?? []),
    pauses: state.pauses.map(({ fromMs, toMs = Math.max(fromMs, hungUpMs), by }) => ({ fromMs, toMs, by })),
    ...(state.copied === undefined ? {} : { copied: state.copied }),
    ...(told === undefined ? {} : { told }),
  };
}

function sealedBy(suite: string, { unauthenticated = 0, replayed = 0 }: StreamCounters): TakeStream['srtp'] & {} {
  return { suite, unauthenticated, replayed };
}

function takeStream(
  state: SessionState,
  stream: string,
  { wanted, dialog, opened, closed, endReason, holds, wantedMs, endedMs }: StreamState,
  takeEndedMs: number,
): TakeStream | undefined {
  if (!opened || !closed) return undefined;
  const { party, label, formats } = wanted;
  const lived = { fromMs: wantedMs, toMs: endedMs ?? takeEndedMs };
  const { speakers, mixed } = speakersOf(state, stream, lived);
  return {
    stream,
    dialog,
    party: speakers[0]?.number ?? party,
    ...(label === undefined ? {} : { label }),
    formats,
    from: opened.from,
    to: closed.to,
    paused: closed.counters.paused,
    ...(wanted.srtp === undefined ? {} : { srtp: sealedBy(wanted.srtp.suite, closed.counters) }),
    endReason: endReason ?? 'bye',
    ...(speakers.length === 0 ? {} : { speakers }),
    ...(mixed ? { mixed } : {}),
    ...(holds.length === 0 ? {} : { holds: holds.map(({ fromMs, toMs = lived.toMs }) => ({ fromMs, toMs })) }),
    ...(state.told === undefined ? {} : { lived }),
  };
}
