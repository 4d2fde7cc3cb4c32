// What is asked of the telephony server and of recorders about a couple, and by which core: the one that acts asks at once, its twin
// when it sees nothing of it. Pure.

import { mandateOf } from '#src/shards';
import type { CallEffect, Ordering, PrivateService, RecorderOrder } from './call.protocol.ts';
import { type AskedPause, pausedBy, runningSessions } from './orders.ts';
import type { CallSettings } from './settings.ts';
import { type CallState, type CoupleState, partyAt } from './state.ts';

/** What we do now, or see to that our twin does. */
export function asActs(
  state: CallState,
  { sid, dn }: CoupleState,
  of: 'start' | 'stop',
  settings: CallSettings,
): readonly CallEffect[] {
  const couple = state.couples.get(sid)!;
  if (settings.duty(dn).phase === 'stands-by') return [awaitEffect(couple, of, settings)];
  return of === 'start' ? startOf(state, couple, settings) : ordersOf(state, couple, of, { by: 'rules' }, settings);
}

export function awaitEffect(
  { sid, asked = 0 }: CoupleState,
  of: PrivateService,
  { twinWaitMs }: Pick<CallSettings, 'twinWaitMs'>,
): CallEffect {
  return { type: 'await-effect', sid, of, after: asked, ms: twinWaitMs };
}

/** Whether those who are notified hear of the couple from us. */
export function isOurs({ dn, stoodIn }: CoupleState, { duty }: CallSettings): boolean {
  return stoodIn === true || duty(dn).phase === 'acts';
}

/** Nothing when its party has gone. */
export function startOf(state: CallState, couple: CoupleState, settings: CallSettings): CallEffect[] {
  const { record, dest, dest2 } = couple.request;
  const asking = { ...(record && { record }), ...(dest && { dest }), ...(dest2 && { dest2 }) };
  const effect = privateService(state, couple, 'start');
  const pause = pausedBy(couple);
  if (!effect) return [];
  return [
    {
      ...effect,
      ...(Object.keys(asking).length > 0 && { asking }),
      ...(pause && { pausedFirst: ordering(couple, pause, settings) }),
    },
  ];
}

function privateService(
  state: CallState,
  { sid, dn, recordingId }: CoupleState,
  service: PrivateService,
): Extract<CallEffect, { type: 'private-service' }> | undefined {
  const known = partyAt(state, dn);
  if (!known || known.phase === 'gone') return undefined;
  return { type: 'private-service', service, sid, dn, connId: known.connId, recordingId };
}

/** Ends what runs of these takes, and destroys what is finished; what is being finished is destroyed when it is. */
export function discardOf(
  state: CallState,
  couple: CoupleState,
  takes: readonly string[],
  settings: CallSettings,
): CallEffect[] {
  const { sid, dn } = couple;
  const sessions = takes
    .flatMap((take) => couple.sessions.get(take) ?? [])
    .filter(({ lost, destroyed }) => !lost && !destroyed);
  const isRunning = sessions.some(({ news }) => news.phase === 'recording');
  const finished = sessions.filter(({ news }) => news.phase === 'finished');
  const acts = settings.duty(dn).phase === 'acts';
  return [
    ...(isRunning || couple.sessions.size === 0 ? asActs(state, couple, 'stop', settings) : []),
    ...finished.map(
      ({ news: { take } }): CallEffect =>
        acts
          ? destroy(state, { sid, take }, settings, 1)
          : { type: 'await-destroy', sid, take, ms: settings.twinWaitMs },
    ),
  ];
}

export function destroy(
  state: CallState,
  { sid, take }: { readonly sid: string; readonly take: string },
  settings: CallSettings,
  attempt: number,
): CallEffect {
  return {
    type: 'destroy',
    sid,
    take,
    ordering: ordering(state.couples.get(sid)!, { by: 'rules' }, settings),
    attempt,
  };
}

/** To the telephony server, which tells the media server; and to the recorders that have it, where it takes effect at once. */
export function ordersOf(
  state: CallState,
  couple: CoupleState,
  command: RecorderOrder,
  asked: AskedPause,
  settings: CallSettings,
): CallEffect[] {
  const service = privateService(state, couple, command);
  const isWithRecorders = command !== 'stop' || couple.sessions.size > 0;
  return [...(isWithRecorders ? ordered(couple, command, asked, settings) : []), ...(service ? [service] : [])];
}

/** Takes a pause back where it was not heard that its order has been. */
export function takeBack(couple: CoupleState, pause: AskedPause, settings: CallSettings): CallEffect[] {
  return ordered(couple, 'resume', pause, settings);
}

/** Of its recording, and of those that others have made of it besides, by take: under their id may be other calls, too. */
function ordered(couple: CoupleState, command: RecorderOrder, asked: AskedPause, settings: CallSettings): CallEffect[] {
  const others = runningSessions(couple).filter(({ news }) => news.recordingId !== couple.recordingId);
  return [couple.recordingId, ...others.map(({ news }) => news.take)].map((recordingId) => ({
    ...({ type: 'order', command, recordingId } as const),
    ordering: ordering(couple, asked, settings),
  }));
}

function ordering({ dn }: CoupleState, { by, orders }: AskedPause, { duty }: CallSettings): Ordering {
  const mandate = mandateOf(duty(dn));
  return { by, ...(mandate && { mandate }), ...(orders && { orders }) };
}
