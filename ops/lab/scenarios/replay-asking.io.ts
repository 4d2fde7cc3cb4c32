// Asks replay, when scenarios have been played, until what they left is there as it must be, or for a while.

import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import type { Check } from './judgement.ts';
import { until } from './lab-cluster.io.ts';
import type { FoundConversation, ReplayAsked } from './played-cluster.ts';
import { judgeListed, judgePlaying, judgeReplay, type PlayedScenario } from './replay-judgement.ts';

const upMsMax = 90_000;
const thereMsMax = 30_000;
/** Each look opens every conversation, and replay answers so many questions in a minute. */
const lookMs = 2_000;

/** Gives every check. Rejects with `scenario-impossible` when nobody answers, or when the signal aborts. */
export async function askReplay(
  signIn: () => Promise<ReplayAsked | undefined>,
  played: readonly PlayedScenario[],
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const replay = await until('replay to be up', signIn, upMsMax, signal);
  const untilMs = systemClock.monotonicMs() + thereMsMax;
  for (;;) {
    signal.throwIfAborted();
    const found = await replay.conversations();
    const checks = judgeReplay(played, found);
    if (checks.every(({ ok }) => ok) || systemClock.monotonicMs() > untilMs) {
      const answers = new Map<FoundConversation, string>();
      for (const one of found) if (one.audio === 'ready') answers.set(one, await replay.play(one));
      return [...checks, judgePlaying(answers)];
    }
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
  }
}

/** The same where only that each conversation is there once is known. `couples`: as they are known when it is looked. */
export async function askWhatIsListed(
  signIn: () => Promise<ReplayAsked | undefined>,
  couples: () => Promise<readonly Couple[]>,
  signal: AbortSignal,
): Promise<Check> {
  const replay = await until('replay to be up', signIn, upMsMax, signal);
  const untilMs = systemClock.monotonicMs() + thereMsMax;
  for (;;) {
    signal.throwIfAborted();
    const checked = judgeListed(await couples(), await replay.listed());
    if (checked.ok || systemClock.monotonicMs() > untilMs) return checked;
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
  }
}
