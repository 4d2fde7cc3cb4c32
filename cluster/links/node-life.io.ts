// Whether a node lives whose recorder is gone: while its keeper holds the node's sockets, somebody accepts connections there, whoever
// of its children is being restarted. Says nothing, and reads nothing.

import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '#src/ports';

/** Where connections are accepted as long as a node lives. */
export interface LifePlace {
  readonly host: string;
  readonly port: number;
}

/** Who does not answer within this is gone with its host. */
const answerMsMax = 500;
/** A child that was killed has closed what it accepted: its keeper still listens, or is gone with it. */
const againMs = 20;

/**
 * Watches until `gone` was called, once, or it is cancelled. A connection that stands is evidence; one that fails is the other. `hasStood`:
 * there was one before, so that this is a place where connections are accepted.
 */
export function watchLife(
  { host, port }: LifePlace,
  clock: Clock,
  gone: (hasStood: boolean) => void,
): { cancel(): void } {
  let socket: Socket | undefined;
  let timer: Timer | undefined;
  let hasStood = false;
  let phase: 'watching' | 'over' = 'watching';
  const cancel = () => {
    phase = 'over';
    timer?.cancel();
    socket?.destroy();
  };
  const dial = () => {
    let stood = false;
    const dialled = connect({ host, port });
    socket = dialled;
    timer = clock.after(answerMsMax, () => dialled.destroy());
    dialled.on('error', () => {}); // `close` follows
    dialled.on('connect', () => {
      stood = true;
      hasStood = true;
      timer?.cancel();
    });
    dialled.on('close', () => {
      timer?.cancel();
      if (phase === 'over') return;
      if (stood) timer = clock.after(againMs, dial);
      else {
        cancel();
        gone(hasStood);
      }
    });
    dialled.resume();
  };
  dial();
  return { cancel };
}
