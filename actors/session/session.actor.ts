// One recording session: hears, writes down, does. What it knows is the fold of its facts, so a restart begins where the
// last fact ended; its streams run on in capture meanwhile.

import { type Address, type Context, defineActor, type ReplyTo } from '#actors/kit';
import { codeOf, messageOf } from '#src/errors';
import type { FinishedTake, SessionPorts } from './ports.ts';
import { decide, recover, type SessionSettings } from './session.core.ts';
import type { Invite, SessionEffect, SessionMessage, WantedStream } from './session.protocol.ts';
import { apply, type SessionState } from './state.ts';

/** What a session tells its parent. */
export type SessionReport =
  | { readonly type: 'session-over'; readonly take: string }
  | {
      readonly type: 'session-passes-on';
      readonly take: string;
      readonly invite: Invite;
      readonly streams: readonly WantedStream[];
    }
  | { readonly type: 'session-released'; readonly take: string; readonly streams: number }
  | { readonly type: 'session-holds'; readonly take: string; readonly streams: readonly WantedStream[] }
  /** It has decided about this re-INVITE: what it adds has been told before. */
  | { readonly type: 'session-settled'; readonly take: string; readonly request: string };

/** What a session is asked or told by whoever must know that power loss can no longer take it: answered then. */
export interface SessionOrder {
  readonly type: 'ordered';
  readonly order: Extract<SessionMessage, { type: 'pause' | 'resume' | 'stop' | 'copied' }>;
  readonly reply: ReplyTo<void>;
}

export interface SessionArgs {
  readonly take: string;
  readonly settings: SessionSettings;
  readonly ports: SessionPorts;
  readonly parent: Address<SessionReport>;
}

/** How an effect ended, where the facts do not say it. `again`: it must not be given up. */
export type SessionInternal =
  | { readonly type: 'performed' }
  | { readonly type: 'failed'; readonly again?: SessionEffect }
  | { readonly type: 'try-again'; readonly effect: SessionEffect };

interface Live {
  readonly args: SessionArgs;
  readonly session: SessionState | undefined;
  /** Dialogs that it came back with, and that had no answer by its facts. */
  readonly cameBack: ReadonlySet<string>;
}

type Message = SessionMessage | SessionOrder | SessionInternal;

/** Milliseconds between two attempts at what must not be given up: closing, pausing, finishing. */
const againMs = 1_000;

export const session = defineActor<Message, Live, SessionArgs>({
  kind: 'session',

  start(args, context) {
    const state = args.ports.facts.of(args.take).reduce<SessionState | undefined>(apply, undefined);
    const dialogs = [...(state?.dialogs ?? [])];
    const cameBack = new Set(dialogs.filter(([, { phase }]) => phase === 'opening').map(([dialog]) => dialog));
    const live = { args, session: state, cameBack };
    if (state)
      for (const effect of recover(state, context.clock.nowMs(), args.settings)) perform(live, effect, context);
    // Crashed over its first dialog: nothing was written down, so there is nothing to come back to.
    else if (context.incarnation > 1) context.stopSelf();
    return live;
  },

  receive(live, message, context) {
    switch (message.type) {
      case 'performed':
        return live;
      case 'failed':
        if (message.again) context.after(againMs, { type: 'try-again', effect: message.again });
        return live;
      case 'try-again':
        if (isWanted(message.effect, live.session)) perform(live, message.effect, context);
        return live;
      case 'ordered': {
        const { next, gated } = hear(live, message.order, context);
        const { answer, refuse } = message.reply;
        const durable = live.args.ports.facts.durable();
        // What its sockets hold while capture stands still is written when it goes on: only its own word says that a pause holds.
        const holds = message.order.type === 'pause' ? Promise.all([durable, ...gated]).then(() => {}) : durable;
        void holds.then(answer, refuse);
        return next;
      }
      case 're-invited': {
        const { next } = hear(live, message, context);
        const { take, parent } = live.args;
        context.send(parent, { type: 'session-settled', take, request: message.request });
        return next;
      }
      default:
        return hear(live, message, context).next;
    }
  },

  describe: ({ session: state }) => ({
    phase: state?.phase ?? 'new',
    summary: state
      ? {
          recordingId: state.recordingId,
          dialogs: state.dialogs.size,
          streams: state.streams.size,
          startedMs: state.startedMs,
        }
      : {},
  }),
});

/** Decides, writes down, does: in this order. `gated`: until capture has done what it is told of gates. */
function hear(
  live: Live,
  message: SessionMessage,
  context: Context<Message>,
): { readonly next: Live; readonly gated: readonly (Promise<number> | undefined)[] } {
  const { state, facts, effects } = decide(live.session, message, context.clock.nowMs(), live.args.settings);
  live.args.ports.facts.write(live.args.take, facts);
  const next = { ...live, session: state };
  return { next, gated: effects.map((effect) => perform(next, effect, context)) };
}

/**
 * A pause that could not be put in force must not come after the order to resume, nor the other way round; a key not after another. Whether a
 * dialog was answered is of no interest once it has ended.
 */
function isWanted(effect: SessionEffect, state: SessionState | undefined): boolean {
  if (effect.type === 'rekey-stream') {
    const { phase, wanted } = state?.streams.get(effect.stream) ?? {};
    return phase === 'open' && wanted?.srtp?.keyAndSalt === effect.srtp.keyAndSalt;
  }
  if (effect.type === 'confirm-answer') return state?.dialogs.get(effect.dialog)?.phase === 'answered';
  return effect.type !== 'gate-streams' || effect.paused === (state?.pauseBy !== undefined);
}

const performed = (): Message => ({ type: 'performed' });

/** Does what reaches beyond this process: no sooner than kill -9 can no longer take the facts it follows from. */
function onceWritten<Value>({ facts }: SessionPorts, act: () => Promise<Value> | Value): Promise<Value> {
  const written = facts.written();
  return written === undefined ? Promise.resolve(act()) : written.then(act);
}

/** Gives what is told of gates as a promise, as whoever ordered it waits for it. */
function perform(
  { args, session: state, cameBack }: Live,
  effect: SessionEffect,
  context: Context<Message>,
): Promise<number> | undefined {
  const { ports, take, parent } = args;
  const outside = <Value>(act: () => Promise<Value> | Value) => onceWritten(ports, act);
  const failed =
    (again?: SessionEffect) =>
    (error: unknown): Message => {
      context.log.warn({ take, effect: effect.type, error: messageOf(error) }, 'an effect failed');
      return { type: 'failed', ...(again ? { again } : {}) };
    };
  switch (effect.type) {
    case 'open-streams': {
      const { dialog } = effect;
      context.perform(
        outside(() => ports.capture.open(effect.streams, effect.paused)),
        (opened) => ({ type: 'streams-opened', dialog, opened }),
        (error) => ({ type: 'streams-refused', dialog, detail: messageOf(error) }),
      );
      return;
    }
    case 'close-streams':
      for (const stream of effect.streams) {
        context.perform(
          outside(() => ports.capture.close(stream)),
          ({ counters, to }) => ({ type: 'stream-closed', stream, counters, to }),
          failed({ type: 'close-streams', streams: [stream] }),
        );
      }
      return;
    case 'move-stream':
      context.perform(
        outside(() => ports.capture.move(effect.stream, effect.peer)),
        performed,
        failed(),
      );
      return;
    case 'expect-streams':
      context.perform(
        outside(() => ports.capture.expect(effect.streams)),
        performed,
        failed(effect),
      );
      return;
    case 'rekey-stream':
      context.perform(
        outside(() => ports.capture.rekey(effect.stream, effect.srtp)),
        performed,
        failed(effect),
      );
      return;
    case 'gate-streams': {
      const gated = outside(() => ports.capture.gate(effect.streams, effect.paused));
      context.perform(gated, (atMs) => ({ type: 'gated', paused: effect.paused, atMs }), failed(effect));
      return gated;
    }
    case 'answer':
      context.perform(
        outside(() => ports.signalling.answer(effect.dialog, effect.sdp)),
        performed,
        (error) => ({
          type: 'answer-failed',
          dialog: effect.dialog,
          detail: messageOf(error),
          // Of one that came back an earlier recorder may have sent it.
          ...(codeOf(error) === 'dialog-gone' && !cameBack.has(effect.dialog) && { unsent: true }),
        }),
      );
      return;
    case 'confirm-answer': {
      const { dialog } = effect;
      context.perform(
        outside(() => ports.signalling.stands(dialog)),
        (stands) => (stands ? performed() : { type: 'answer-failed', dialog, detail: 'the edge does not know it' }),
        failed(effect),
      );
      return;
    }
    case 'answer-bye':
      context.perform(
        outside(() => ports.signalling.answerBye(effect.request)),
        performed,
        failed(),
      );
      return;
    case 'answer-re-invite': {
      const { request, sdp, keys = [] } = effect;
      const rekeyed = keys.map(({ stream, srtp }) => outside(() => ports.capture.rekey(stream, srtp)));
      for (const [index, key] of keys.entries())
        context.perform(rekeyed[index]!, performed, failed({ type: 'rekey-stream', ...key }));
      const answered = Promise.allSettled(rekeyed).then(() =>
        outside(() => ports.signalling.answerReInvite(request, sdp)),
      );
      context.perform(answered, performed, failed());
      return;
    }
    case 'refuse':
      context.perform(
        outside(() => ports.signalling.refuse(effect.dialog, effect.status, effect.reason, effect.retryAfterSeconds)),
        performed,
        failed(),
      );
      return;
    case 'refuse-re-invite':
      context.perform(
        outside(() => ports.signalling.refuseReInvite(effect.request, effect.status, effect.reason)),
        performed,
        failed(),
      );
      return;
    case 'hang-up':
      context.perform(
        outside(() => ports.signalling.hangUp(effect.dialog, effect.reason)),
        performed,
        failed(),
      );
      return;
    case 'hold-streams':
      context.send(parent, { type: 'session-holds', take, streams: effect.streams });
      return;
    case 'await-metadata':
      context.after(effect.ms, { type: 'metadata-due', dialog: effect.dialog });
      return;
    case 'request-snapshot':
      context.perform(
        outside(() => ports.signalling.requestSnapshot(effect.dialog)),
        performed,
        failed(),
      );
      return;
    case 'linger':
      context.after(effect.ms, { type: 'lingered' });
      return;
    case 'finish':
      context.perform(
        outside(() => ports.finisher.finish(state!)),
        ({ folder, packets }: FinishedTake) => ({ type: 'finished', folder, packets }),
        failed(effect),
      );
      return;
    case 'release-streams':
      context.send(parent, { type: 'session-released', take, streams: effect.streams });
      return;
    case 'tell-over':
      context.send(parent, { type: 'session-over', take });
      return;
    case 'pass-on':
      context.send(parent, { type: 'session-passes-on', take, invite: effect.invite, streams: effect.streams });
      return;
    case 'forget':
      void ports.facts.forget(take);
      context.stopSelf();
      return;
  }
}
