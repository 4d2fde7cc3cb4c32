// Who was told of which state of which recording: once, by one of the cores that watch it, unless something was wrong. Who acts in
// another one's place may say again what that one has said, as it cannot know: it has the same id. While nobody acts, both do.

import type { StatusEvent } from '#src/notification';
import type { Excuses } from './excuses.ts';
import type { World } from './world.ts';

/** A fault, or a lease that was let go of, so long ago has no part in what is told twice. */
const aftermathMs = 5_000;

export class NoticeLedger {
  readonly #world: World;
  readonly #excuses: Excuses;
  readonly #movedMs: () => number;
  readonly #told = new Map<string, { readonly core: string; readonly atMs: number }>();
  /** By couple, when first anything was told of it. */
  readonly #firstMs = new Map<string, number>();

  /** `movedMs`: when a lease last went to another core. */
  constructor(world: World, excuses: Excuses, movedMs: () => number) {
    this.#world = world;
    this.#movedMs = movedMs;
    this.#excuses = excuses;
  }

  noticed(core: string, { id, sid, dn, audio }: StatusEvent): void {
    const { nowMs } = this.#world;
    const firstMs = this.#firstMs.get(sid) ?? nowMs;
    this.#firstMs.set(sid, firstMs);
    const before = this.#told.get(id);
    this.#told.set(id, { core, atMs: nowMs });
    if (!before || before.core === core) return;
    // Who has once asked in its twin's place goes on to tell of that recording.
    const sinceMs = firstMs - aftermathMs;
    if (this.#movedMs() >= sinceMs || this.#excuses.isExcused(sinceMs, nowMs)) return;
    this.#world.breach('one notification for each state', `${core} and ${before.core} tell that ${dn} is ${audio}`);
  }
}
