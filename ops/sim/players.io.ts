// Plays seeds on every processor of the machine, each processor in a process of its own, with its own heap. A seed's run is the same
// wherever it is played.

import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { RunOptions, RunResult } from './run.io.ts';

/** A seed, and what to play it with. */
export type Asked = RunOptions;

/** What became of a seed. */
export interface Played extends Omit<RunResult, 'world'> {
  /** How long a processor was at work for it; for the first one of a process, with the start of that. */
  readonly cpuMs: number;
}

/** Nearly all that a run makes is soon over: with more room (MiB) for it less is looked at again and again, and copied. */
const execArgv = ['--max-semi-space-size=32'];

/** In the order in which they end; no more are begun once `isEnough` says so of one. */
export async function playOnAll(asked: readonly Asked[], isEnough: (played: Played) => boolean): Promise<Played[]> {
  const waiting = [...asked];
  const played: Played[] = [];
  const play = async () => {
    const player = fork(fileURLToPath(new URL('./player.io.js', import.meta.url)), { execArgv });
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const one = await answerOf(player, next);
        played.push(one);
        if (isEnough(one)) waiting.length = 0;
      }
    } finally {
      player.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), asked.length) }, play));
  return played;
}

function answerOf(player: ChildProcess, asked: Asked): Promise<Played> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) =>
      reject(new Error(`the process that played seed ${asked.seed} ended with ${code}`));
    player.once('exit', ended);
    player.once('message', (played) => {
      player.off('exit', ended);
      resolve(played as Played);
    });
    player.send(asked);
  });
}
