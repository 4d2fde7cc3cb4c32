// Figures beside their goals, and whether all were reached. A figure that could not be taken is a goal missed.

import type { Figures, Goal } from './drill.ts';

export interface Verdict {
  readonly figure: string;
  readonly value: number | null;
  readonly goal: string;
  readonly met: boolean;
}

/** One verdict for each goal, then the figures without one. */
export function judgeFigures(goals: readonly Goal[], figures: Figures): Verdict[] {
  const judged = goals.map((goal) => verdictOf(goal, figures));
  const others = Object.entries(figures)
    .filter(([figure]) => !goals.some((goal) => goal.figure === figure))
    .map(([figure, value]) => ({ figure, value, goal: '', met: true }));
  return [...judged, ...others];
}

/** Aligned lines for people; what was missed is marked. */
export function verdictText(verdicts: readonly Verdict[]): string {
  const [names, values, goals] = [
    widest(verdicts.map(({ figure }) => figure)),
    widest(verdicts.map(shown)),
    widest(verdicts.map(({ goal }) => goal)),
  ];
  return verdicts
    .map((one) => {
      const { figure, goal, met } = one;
      const cells = [figure.padEnd(names), shown(one).padStart(values), goal.padEnd(goals), met ? '' : 'MISSED'];
      return cells.join('  ').trimEnd();
    })
    .join('\n');
}

function verdictOf({ figure, atMost = 0, exactly }: Goal, figures: Figures): Verdict {
  const value = figures[figure] ?? null;
  const numberOf = (bound: number | string) => (typeof bound === 'number' ? bound : (figures[bound] ?? Number.NaN));
  if (exactly === undefined) {
    const most = numberOf(atMost);
    return { figure, value, goal: `at most ${most}`, met: value !== null && value <= most };
  }
  const wanted = numberOf(exactly);
  return { figure, value, goal: String(wanted), met: value === wanted };
}

function shown({ value }: Verdict): string {
  return value === null ? '–' : String(value);
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}
