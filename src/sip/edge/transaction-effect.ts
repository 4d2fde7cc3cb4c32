// Values and effects the transaction machines share.

import type { TimerName, TransactionEffect } from './transaction.protocol.ts';

/** Round trip estimate, longest pause between copies, and how long the network may keep one (RFC 3261 Table 4). */
export const [t1Ms, t2Ms, t4Ms] = [500, 4_000, 5_000];
/** How long an INVITE may go without any answer (RFC 3261 §17.2.1). */
export const tryingMs = 200;

export const send = (bytes: Buffer): TransactionEffect => ({ type: 'send', bytes });
export const setTimer = (timer: TimerName, delayMs: number): TransactionEffect => ({
  type: 'set-timer',
  timer,
  delayMs,
});
export const stopTimer = (timer: TimerName): TransactionEffect => ({ type: 'stop-timer', timer });
export const remember = (bytes?: Buffer): TransactionEffect => ({ type: 'remember', bytes });
export const terminated: TransactionEffect = { type: 'terminated' };
