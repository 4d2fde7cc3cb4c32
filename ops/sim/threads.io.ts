// Plays seeds on every processor of the machine. A seed's run is the same wherever it is played.

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RunOptions, RunResult } from './run.io.ts';

/** A seed, and what to play it with. */
export type Asked = RunOptions;

/** What became of a seed. */
export type Played = Omit<RunResult, 'world'>;

/** Nearly all that a run makes is soon over: with more room for it less is looked at again and again, and copied. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

/** In the order in which they end; no more are begun once `isEnough` says so of one. */
export async function playOnThreads(asked: readonly Asked[], isEnough: (played: Played) => boolean): Promise<Played[]> {
  const waiting = [...asked];
  const played: Played[] = [];
  const play = async () => {
    const thread = new Worker(fileURLToPath(new URL('./thread.io.js', import.meta.url)), { resourceLimits });
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const one = await answerOf(thread, next);
        played.push(one);
        if (isEnough(one)) waiting.length = 0;
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), asked.length) }, play));
  return played;
}

function answerOf(thread: Worker, asked: Asked): Promise<Played> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (played: Played) => {
      thread.off('error', reject);
      resolve(played);
    });
    thread.postMessage(asked);
  });
}
