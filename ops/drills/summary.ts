// What came of several drills: a line for each, and whether all went as they have to: every goal reached, or, with faults
// planted, every fault found.

import type { Figures } from './drill.ts';

/** `impossible`: a step could not be done, so nothing is known. */
export type Outcome = {
  readonly drill: string;
  readonly seed: number;
  readonly planted: boolean;
  readonly seconds: number;
} & (
  | { readonly phase: 'performed'; readonly figures: Figures; readonly missed: readonly string[] }
  | { readonly phase: 'impossible'; readonly why: string }
);

/** What a drill has to exit with: 1 when a goal is missed, 2 when it could not be performed. */
export function exitCodeOf(outcome: Outcome): 0 | 1 | 2 {
  if (outcome.phase === 'impossible') return 2;
  return outcome.missed.length === 0 ? 0 : 1;
}

/** With a fault planted a drill has to miss a goal, otherwise none. */
export function isAsItShouldBe(outcome: Outcome): boolean {
  return exitCodeOf(outcome) === (outcome.planted ? 1 : 0);
}

/** A line for each drill, and one for all. */
export function summaryText(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map(({ drill }) => drill.length));
  const lines = outcomes.map((outcome) => {
    const { drill, seconds } = outcome;
    const mark = isAsItShouldBe(outcome) ? 'ok ' : 'BAD';
    return `${mark}  ${drill.padEnd(width)}  ${String(seconds).padStart(4)} s  ${resultOf(outcome)}`;
  });
  const bad = outcomes.filter((outcome) => !isAsItShouldBe(outcome)).length;
  return [
    ...lines,
    '',
    bad === 0 ? `all ${outcomes.length} are as they should be` : `${bad} of ${outcomes.length} are not`,
  ].join('\n');
}

function resultOf(outcome: Outcome): string {
  if (outcome.phase === 'impossible') return outcome.why;
  const missed = outcome.missed.join(', ');
  if (outcome.planted) return missed === '' ? 'the planted fault was not found' : `found by ${missed}`;
  return missed === '' ? 'every goal is reached' : `missed: ${missed}`;
}
