// The sum of the seeds that were played: what became of their couples, and which seeds failed. Pure.

import type { Couple } from '#src/recording';
import type { CallLeft } from './afterwards.io.ts';
import type { HostilePlay } from './hostile-play.io.ts';

export class SeedTotal {
  readonly calls: CallLeft[] = [];
  readonly couples: Couple[] = [];
  readonly failed: number[] = [];
  #seeds = 0;
  readonly #outcomes = { recorded: 0, explained: 0 };
  /** How often each sort of explanation was given. */
  readonly #reasons = new Map<string, number>();

  add({ seed, checks, calls, couples }: HostilePlay & { readonly seed: number }): void {
    this.#seeds += 1;
    this.calls.push(...calls);
    this.couples.push(...couples);
    if (!checks.every(({ ok }) => ok)) this.failed.push(seed);
    for (const { outcome, why } of checks) {
      if (outcome) this.#outcomes[outcome] += 1;
      if (why !== undefined) this.#reasons.set(why, (this.#reasons.get(why) ?? 0) + 1);
    }
  }

  /** A line, one for each sort of explanation, and one for each seed that failed: how to play it alone. */
  get text(): string {
    const { recorded, explained } = this.#outcomes;
    const sum = `${this.#seeds} seeds: ${recorded} couples recorded once, ${explained} explained, ${this.failed.length} seeds failed`;
    const reasons = [...this.#reasons].map(([why, count]) => `  explained ${count} times: ${why}`);
    const again = this.failed.map((seed) => `  failed: npm run lab -- --hostile ${seed}`);
    return [sum, ...reasons, ...again].join('\n');
  }

  toJSON(): object {
    const reasons = Object.fromEntries(this.#reasons);
    return { seeds: this.#seeds, ...this.#outcomes, failed: this.failed.length, failedSeeds: this.failed, reasons };
  }
}
