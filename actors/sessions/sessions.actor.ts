// The parent of all recording sessions: decides which session a dialog belongs to, refuses what is over the limit or
// cannot be recorded, and passes everything else on. Never touches media.

import { type Address, type Context, defineActor } from '#actors/kit';
import {
  apply,
  type Invite,
  nameTake,
  openStreams,
  planStreams,
  type ReInvitation,
  type SessionMessage,
  type SessionOrder,
  type SessionPorts,
  type SessionSettings,
  type SessionState,
  session,
  type WantedStream,
} from '#actors/session';
import { messageOf } from '#src/errors';
import { Register } from './register.ts';
import type { HeldStreams, SessionsMessage } from './sessions.protocol.ts';

export interface SessionsArgs {
  readonly settings: SessionSettings & { readonly streamsMax: number };
  readonly ports: SessionPorts;
}

/** What became of a stream that nobody knew. */
type Internal =
  | { readonly type: 'orphan-closed'; readonly stream: string }
  | { readonly type: 'orphan-stays'; readonly stream: string; readonly detail: string };

type Message = SessionsMessage | Internal;
type Command = Extract<SessionsMessage, { type: 'command' }>;

interface Live {
  readonly args: SessionsArgs;
  readonly register: Register;
  readonly children: Map<string, Address<SessionMessage | SessionOrder>>;
  roomTold: number | undefined;
}

export const sessions = defineActor<Message, Live, SessionsArgs>({
  kind: 'sessions',

  start(args, context) {
    const live: Live = { args, register: new Register(), children: new Map(), roomTold: undefined };
    for (const take of args.ports.facts.takes()) bringBack(live, take, context);
    tellRoom(live);
    return live;
  },

  receive(live, message, context) {
    hear(live, message, context);
    tellRoom(live);
    return live;
  },

  describe: ({ register, args }) => ({
    phase: register.held < args.settings.streamsMax ? 'admitting' : 'full',
    summary: { sessions: register.sessions, streams: register.held, streamsMax: args.settings.streamsMax },
  }),
});

function hear(live: Live, message: Message, context: Context<Message>): void {
  const { register, args } = live;
  const { signalling } = args.ports;
  switch (message.type) {
    case 'invited':
      admit(live, message.invite, context);
      return;
    case 'cancelled':
    case 'metadata-told':
      pass(live, register.ofDialog(message.dialog), message, context);
      return;
    case 'bye':
      // Of a dialog that nobody knows there is nothing to be written down.
      if (!pass(live, register.ofDialog(message.dialog), message, context) && message.request !== undefined)
        signalling.answerBye(message.request);
      return;
    case 're-invited': {
      if (!lendRoom(live, message, context)) {
        signalling.refuseReInvite(message.request, 481, 'Call/Transaction Does Not Exist');
      }
      return;
    }
    case 'silent':
      silent(live, message.stream, context);
      return;
    case 'held':
      compareWithHeld(live, message, context);
      return;
    case 'orphan-closed':
      context.log.warn({ stream: message.stream }, 'a silent stream that no session knows was closed');
      return;
    case 'orphan-stays':
      context.log.warn(
        { stream: message.stream, error: message.detail },
        'a silent stream that no session knows stays',
      );
      return;
    case 'command': {
      passOrder(live, message, context);
      return;
    }
    case 'copied': {
      const { take, reply, ...order } = message;
      if (!pass(live, take, { type: 'ordered', order, reply }, context)) reply.refuse(takesNothing(take));
      return;
    }
    case 'report':
      message.reply.answer({
        sessions: register.sessions,
        streams: register.held,
        streamsMax: args.settings.streamsMax,
      });
      return;
    case 'session-released':
      register.release(message.take, message.streams);
      return;
    case 'session-holds':
      register.hold(message.take, message.streams);
      return;
    case 'session-settled':
      register.settle(message.take, message.request);
      return;
    case 'session-over':
      register.close(message.take);
      return;
    case 'session-passes-on':
      register.release(message.take, message.streams.length);
      assign(live, message.invite, message.streams, context);
      return;
    case 'session-gone':
      // A session that was given up may owe answers; one that has ended in good order owes none.
      for (const dialog of register.dialogsOf(message.take)) refuseForNow(live, dialog, 'the session has failed');
      register.remove(message.take);
      live.children.delete(message.take);
      return;
  }
}

/** Whoever would be refused is to hear so without coming here. */
function tellRoom(live: Live): void {
  const { streamsMax, retryAfterSeconds } = live.args.settings;
  const room = Math.max(0, streamsMax - live.register.taken);
  if (room === live.roomTold) return;
  live.roomTold = room;
  live.args.ports.signalling.room(room, retryAfterSeconds);
}

/** A dialog that was not there before: refused with a reason, or given to a session. */
function admit(live: Live, invite: Invite, context: Context<Message>): void {
  const { register, args } = live;
  const { settings, ports } = args;
  const plan = planStreams(invite.dialog, invite.msr, invite.offer, settings.codecs);
  if (plan.type === 'refused') {
    ports.signalling.refuse(invite.dialog, plan.status, plan.reason);
    return;
  }
  if (register.taken + plan.streams.length > settings.streamsMax) {
    refuseForNow(live, invite.dialog, `${register.held} of at most ${settings.streamsMax} streams are held`);
    return;
  }
  assign(live, invite, plan.streams, context);
}

/** Gives a dialog to the session of its recording, or to a new one. */
function assign(live: Live, invite: Invite, streams: readonly WantedStream[], context: Context<Message>): void {
  const take = live.register.joins(invite) ?? begin(live, invite, context);
  if (take === undefined) {
    refuseForNow(live, invite.dialog, 'the recording that began with this dialog is still being finished');
    return;
  }
  live.register.join(take, invite, streams);
  const { recordingId } = invite.msr;
  const pausedBy = recordingId === undefined ? undefined : live.args.ports.pausedBy(recordingId);
  const message = { type: 'invited', invite, streams, ...(pausedBy !== undefined && { pausedBy }) } as const;
  if (pass(live, take, message, context)) return;
  live.register.release(take, streams.length);
  refuseForNow(live, invite.dialog, 'the session of this recording takes no messages');
}

/** Begins the session of a take; undefined when the same dialog has begun one that is not gone yet. */
function begin(live: Live, invite: Invite, context: Context<Message>): string | undefined {
  const { tenant, node } = live.args.settings;
  const { take, recordingId } = nameTake(tenant, node, invite);
  if (live.register.has(take)) return undefined;
  live.register.begin(take, recordingId);
  spawn(live, take, context);
  return take;
}

/** Lends a re-INVITE the room there is, for as many streams as it has m-lines: nobody else is given it until it is decided. */
function lendRoom(live: Live, message: ReInvitation, context: Context<Message>): boolean {
  const { register, args } = live;
  const take = register.ofDialog(message.dialog);
  if (take === undefined) return false;
  const lines = message.offer?.media.filter(({ port }) => port !== 0).length ?? 0;
  const room = Math.min(lines, Math.max(0, args.settings.streamsMax - register.taken));
  register.lend(take, message.request, room);
  if (pass(live, take, { ...message, room }, context)) return true;
  register.settle(take, message.request);
  return false;
}

/** A command is answered when each of the takes has written it down for good; one that cannot be given is refused. */
function passOrder(live: Live, { command, recording, by, orders, reply }: Command, context: Context<Message>): void {
  const takes = live.register.named(recording);
  let open = takes.length;
  const answered = () => {
    open -= 1;
    if (open === 0) reply.answer(takes);
  };
  if (open === 0) reply.answer(takes);
  for (const take of takes) {
    const order = {
      type: 'ordered',
      order: asked(command, by, orders),
      reply: { ...reply, answer: answered },
    } as const;
    if (!pass(live, take, order, context)) reply.refuse(takesNothing(take));
  }
}

function takesNothing(take: string): Error {
  return new Error(`the session of take ${take} takes no messages`);
}

function silent(live: Live, stream: string, context: Context<Message>): void {
  if (pass(live, live.register.ofStream(stream), { type: 'silent', stream }, context)) return;
  closeOrphan(live, stream, context);
}

/** After a time without capture: silence of which nobody heard, and streams that went down with their sockets. */
function compareWithHeld(live: Live, { streams, at }: HeldStreams, context: Context<Message>): void {
  for (const [stream, state] of streams) if (state === 'silent') silent(live, stream, context);
  for (const stream of live.register.streams()) {
    if (streams.has(stream)) continue;
    pass(live, live.register.ofStream(stream), { type: 'stream-gone', stream, at }, context);
  }
}

/** What nobody will ever end, for its session is gone, must not hold its ports for ever. */
function closeOrphan({ args }: Live, stream: string, context: Context<Message>): void {
  context.perform(
    args.ports.capture.close(stream),
    () => ({ type: 'orphan-closed', stream }),
    (error) => ({ type: 'orphan-stays', stream, detail: messageOf(error) }),
  );
}

function refuseForNow({ args }: Live, dialog: string, reason: string): void {
  args.ports.signalling.refuse(dialog, 503, reason, args.settings.retryAfterSeconds);
}

/** After a restart: a session for each take that is not forgotten, with the dialogs and streams its facts tell of. */
function bringBack(live: Live, take: string, context: Context<Message>): void {
  const { register, args } = live;
  const state = args.ports.facts.of(take).reduce<SessionState | undefined>(apply, undefined);
  if (!state) return;
  register.begin(take, state.recordingId);
  for (const [id, { invite }] of state.dialogs) {
    const streams = openStreams(state, id).map((stream) => state.streams.get(stream)!.wanted);
    register.join(take, invite, streams);
  }
  if (state.phase !== 'recording' && state.phase !== 'lingering') register.close(take);
  spawn(live, take, context);
}

function spawn(live: Live, take: string, context: Context<Message>): void {
  const { settings, ports } = live.args;
  const args = { take, settings, ports, parent: context.self };
  const whenStopped = () => ({ type: 'session-gone', take }) as const;
  live.children.set(take, context.spawn(session, take, args, { whenStopped }));
}

function pass(
  live: Live,
  take: string | undefined,
  message: SessionMessage | SessionOrder,
  context: Context<Message>,
): boolean {
  const child = take === undefined ? undefined : live.children.get(take);
  return child !== undefined && context.send(child, message) === 'queued';
}

function asked(command: Command['command'], by: string, orders: Command['orders']): SessionOrder['order'] {
  return command === 'stop'
    ? { type: 'stop', reason: 'operator', by }
    : { type: command, by, ...(orders && { orders }) };
}
