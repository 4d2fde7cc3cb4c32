// One call: hears, writes down, does. What it knows is the fold of its facts, so a restart begins where the last fact ended.

import { type Address, type Context, defineActor } from '#actors/kit';
import { isForGood } from '#src/cti';
import { codeOf, messageOf } from '#src/errors';
import { decide, destroyAttemptsMax, recover } from './call.core.ts';
import type { CallEffect, CallMessage, CallName } from './call.protocol.ts';
import { otherSid, sidByEvent } from './other-sid.ts';
import type { CallPorts } from './ports.ts';
import { recordingOf } from './ruling.ts';
import type { CallSettings } from './settings.ts';
import { apply, type CallState } from './state.ts';

/** What a call tells its parent. */
export type CallReport =
  /** What the DN is doing, and whether it is in the call, is to be asked. */
  | { readonly type: 'call-doubts'; readonly callUuid: string; readonly switch: string; readonly dn: string }
  /** Sessions of these recordings belong to it. `otherSid`: under which its twin may know the couple; `isOwn`: under an id that we make. */
  | {
      readonly type: 'call-records';
      readonly callUuid: string;
      readonly recordingId: string;
      readonly sid: string;
      readonly otherSid?: string;
      readonly isOwn: boolean;
    };

export interface CallArgs {
  readonly name: CallName;
  readonly settings: CallSettings;
  readonly ports: CallPorts;
  readonly parent: Address<CallReport>;
}

interface Live {
  readonly args: CallArgs;
  readonly call: CallState | undefined;
}

type Message = CallMessage | { readonly type: 'performed' };

export const call = defineActor<Message, Live, CallArgs>({
  kind: 'call',

  start(args, context) {
    const facts = args.ports.facts.of(args.name);
    const state = facts.reduce<CallState | undefined>(apply, undefined);
    const live = { args, call: state };
    context.after(args.settings.enquireMs, { type: 'enquiry-due' });
    if (state) {
      report(live, undefined, context);
      for (const effect of recover(state, args.settings)) perform(live, effect, context);
    }
    return live;
  },

  receive(live, message, context) {
    if (message.type === 'performed' || (message.type === 'enquiry-due' && !live.call)) return live;
    const { name, settings, ports } = live.args;
    const { state, facts, effects } = decide(live.call, message, context.clock.nowMs(), name, settings);
    if (isToldOnce(message) || effects.some(leavesUs)) ports.facts.write(name, facts);
    else ports.facts.note(name, facts);
    const next = { ...live, call: state };
    report(next, live.call, context);
    for (const effect of effects) perform(next, effect, context);
    return next;
  },

  describe: ({ call: state }) => ({
    phase: state?.phase ?? 'new',
    summary: state
      ? {
          callUuid: state.callUuid,
          parties: state.parties.size,
          couples: state.couples.size,
          startedMs: state.startedMs,
        }
      : {},
  }),
});

/**
 * What recorders and people say, nobody says again. A telephony server is asked for the same by whoever comes after us, and what falls
 * due here falls due there.
 */
function isToldOnce({ type }: CallMessage): boolean {
  return toldOnce.has(type);
}

const toldOnce: ReadonlySet<CallMessage['type']> = new Set(['session', 'takes-lost', 'command', 'destroyed']);

/** Whether it goes out at once. What is told of couples and asked of a telephony server waits for the journal on its way. */
function leavesUs(effect: CallEffect): boolean {
  const { type } = effect;
  return type === 'order' || type === 'destroy' || (type === 'private-service' && effect.pausedFirst !== undefined);
}

/** How long a recorder that cannot destroy media now is left alone. */
const destroyAgainMs = 30_000;

const performed = (): Message => ({ type: 'performed' });

/** Tells which recordings are its own, so that news of their sessions find it. */
function report({ args, call: state }: Live, before: CallState | undefined, context: Context<Message>): void {
  if (!state) return;
  const { callUuid } = args.name;
  for (const couple of state.couples.values()) {
    const { sid, recordingId } = couple;
    const known = before?.couples.get(sid);
    const isNamedNow = known && sidByEvent(before!, known) !== sidByEvent(state, couple);
    if (known?.recordingId === recordingId && !isNamedNow) continue;
    const isOwn = recordingOf(state, couple) === recordingId;
    const other = otherSid(state, couple);
    const report = { callUuid, recordingId, sid, ...(other !== undefined && { otherSid: other }), isOwn };
    context.send(args.parent, { type: 'call-records', ...report });
  }
}

function perform({ args }: Live, effect: CallEffect, context: Context<Message>): void {
  const { ports, name } = args;
  switch (effect.type) {
    case 'private-service': {
      const { service, sid, pausedFirst, recordingId } = effect;
      const isStart = service === 'start';
      const ask = () => ports.telephony.privateService(service, effect);
      context.perform(
        // What no recorder could be told is asked for all the same: whoever has it is told when it comes.
        pausedFirst ? ports.recorders.order('pause', recordingId, pausedFirst).then(ask, ask) : ask(),
        () => (isStart ? { type: 'accepted', sid } : { type: 'performed' }),
        (error) => {
          const detail = messageOf(error);
          context.log.warn(
            { call: name.callUuid, dn: effect.dn, service, error: detail },
            'refused by the telephony server',
          );
          if (!isStart) return performed();
          return {
            ...({ type: 'refused', sid, code: codeOf(error) ?? 'unknown', detail } as const),
            ...(isForGood(error) && { isForGood: true }),
          };
        },
      );
      return;
    }
    case 'attach':
      context.perform(ports.telephony.attach(effect.dn, effect.connId, effect.data), performed, (error) => {
        context.log.warn({ call: name.callUuid, dn: effect.dn, error: messageOf(error) }, 'data was not attached');
        return performed();
      });
      return;
    case 'tell-asked':
      // A twin that is not told asks, too.
      context.perform(ports.telephony.tellAsked(effect.dn, effect.sid), performed, performed);
      return;
    case 'tell-kept':
      context.perform(ports.telephony.tellKept(effect.dn, effect.sid, effect.by), performed, (error) => {
        const about = { call: name.callUuid, couple: effect.sid, error: messageOf(error) };
        context.log.error({ ...about, alarm: 'keep-not-told' }, 'other cores do not know that it is to be kept');
        return performed();
      });
      return;
    case 'order':
      context.perform(
        ports.recorders.order(effect.command, effect.recordingId, effect.ordering),
        performed,
        (error) => {
          context.log.warn(
            { call: name.callUuid, command: effect.command, error: messageOf(error) },
            'no recorder obeyed',
          );
          return performed();
        },
      );
      return;
    case 'destroy': {
      const { sid, take, attempt } = effect;
      context.perform(
        ports.recorders.order('destroy', take, effect.ordering),
        () => ({ type: 'destroyed', sid, take }),
        (error) => {
          const about = { call: name.callUuid, take, attempt, error: messageOf(error) };
          if (attempt < destroyAttemptsMax) context.log.warn(about, 'media is not yet destroyed');
          else context.log.error({ ...about, alarm: 'media-not-destroyed' }, 'media that was to be destroyed is left');
          context.after(destroyAgainMs, { type: 'destroy-due', sid, take, attempt: attempt + 1 });
          return performed();
        },
      );
      return;
    }
    case 'await-destroy':
      context.after(effect.ms, { type: 'destroy-due', sid: effect.sid, take: effect.take, attempt: 1 });
      return;
    case 'await-effect':
      context.after(effect.ms, { ...effect, type: 'effect-due' });
      return;
    case 'await-recording':
      context.after(effect.ms, { type: 'recording-due', sid: effect.sid, attempt: effect.attempt });
      return;
    case 'await-notice':
      context.after(effect.ms, { type: 'notice-due', notice: effect.notice });
      return;
    case 'await-keep':
      context.after(effect.ms, { type: 'keep-due', sid: effect.sid });
      return;
    case 'enquire': {
      const { callUuid, switch: switchName } = name;
      context.send(args.parent, { type: 'call-doubts', callUuid, switch: switchName, dn: effect.dn });
      return;
    }
    case 'await-enquiry':
      context.after(effect.ms, { type: 'enquiry-due' });
      return;
    case 'never-told':
      context.log.warn(
        { call: name.callUuid, dn: effect.dn, why: effect.why },
        'not recorded: nothing was told of this call before it was over',
      );
      return;
    case 'await-media':
      context.after(effect.ms, { type: 'media-due', sid: effect.sid });
      return;
    case 'bound-after-call-work':
      context.after(effect.ms, { type: 'after-call-work', dn: effect.dn, phase: 'ended' });
      return;
    case 'linger':
      context.after(effect.ms, { type: 'lingered' });
      return;
    case 'tell':
      ports.couples.tell(effect.word, effect.isOurs);
      return;
    case 'forget':
      ports.facts.forget(name);
      context.stopSelf();
      return;
  }
}
