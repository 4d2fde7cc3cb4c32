// What the recorders of a couple are to do, and whether they do. Pure.

import type { RecorderOrder } from './call.protocol.ts';
import type { CoupleState, SessionState } from './state.ts';

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

/** Who wants that nothing is kept of it now, whichever recorder has it next: the pause of a recording is that of its next take. */
export function pausedBy({ ordered, sessions }: Pick<CoupleState, 'ordered' | 'sessions'>): string | undefined {
  if (ordered?.command === 'pause') return ordered.by;
  if (ordered?.command === 'resume') return undefined;
  const last = [...sessions.values()].at(-1)?.news;
  return last?.paused ? (last.pauses.at(-1)?.by ?? 'its recorder') : undefined;
}
