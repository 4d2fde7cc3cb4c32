// What the recorders of a couple are to do, and whether they do. Pure.

import type { RecorderOrder } from './call.protocol.ts';
import type { CoupleState, SessionState } from './state.ts';

/** Who wants nothing kept, and by which orders. */
export interface AskedPause {
  readonly by: string;
  readonly orders?: readonly string[] | undefined;
}

/** Sessions that record now. */
export function runningSessions({ sessions }: Pick<CoupleState, 'sessions'>): SessionState[] {
  return [...sessions.values()].filter(({ news, lost }) => !lost && news.phase === 'recording');
}

/** Whether every recorder that has it does as ordered; a pause of what has not come yet is still to come. */
export function isObeyed(couple: Pick<CoupleState, 'sessions'>, command: RecorderOrder): boolean {
  const running = runningSessions(couple);
  if (command === 'stop') return running.length === 0;
  if (command === 'resume') return running.every(({ news }) => !news.paused);
  return running.length > 0 && running.every(({ news }) => news.paused);
}

/** Of a new order to pause: another one each time, also when clocks go back. */
export function nameOfPause({ sid, sessions }: Pick<CoupleState, 'sid' | 'sessions'>, nowMs: number): string {
  const pauses = [...sessions.values()].reduce((sum, { news }) => sum + news.pauses.length, 0);
  return `${sid} ${pauses} ${nowMs}`;
}

/** Who wants that nothing is kept of it now, whichever recorder has it next: the pause of a recording is that of its next take. */
export function pausedBy({ ordered, sessions }: Pick<CoupleState, 'ordered' | 'sessions'>): AskedPause | undefined {
  if (ordered?.command === 'pause') return ordered;
  if (ordered?.command === 'resume') return undefined;
  const last = [...sessions.values()].at(-1)?.news;
  return last?.paused ? (last.pauses.at(-1) ?? { by: 'its recorder' }) : undefined;
}

/**
 * The pause of a recorder that did not hear the order to resume: every order that it follows from has ended in another session. By
 * their names alone, so one that we have not heard of stands.
 */
export function stalePause(couple: Pick<CoupleState, 'ordered' | 'sessions'>): AskedPause | undefined {
  if (couple.ordered) return undefined;
  const pauses = [...couple.sessions.values()].flatMap(({ news }) => news.pauses);
  const ended = new Set(pauses.filter(({ toMs }) => toMs !== undefined).flatMap(({ orders = [] }) => orders));
  for (const { news } of runningSessions(couple)) {
    const open = news.pauses.find(({ toMs }) => toMs === undefined);
    if (news.paused && open?.orders?.length && open.orders.every((one) => ended.has(one))) return open;
  }
  return undefined;
}
