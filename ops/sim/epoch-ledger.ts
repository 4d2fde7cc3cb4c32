// Who acts for a shard, as cores show it by what they do, and whom recorders obey. One who acted before must have stopped when another one
// acts, and no recorder obeys somebody of yesterday.

import { compareEpochs, type Epoch, type Mandate } from '#src/shards';
import type { Excuses } from './excuses.ts';
import type { World } from './world.ts';

interface Acting {
  readonly epoch: Epoch;
  /** Its first act after another one's. */
  readonly sinceMs: number;
}

export class EpochLedger {
  readonly #world: World;
  /** Where Redis has lost what it knew, two may act for the life of a lease, and numbers begin anew. */
  readonly #excuses: Excuses;
  readonly #acting = new Map<string, Acting>();
  /** By shard: those whom another one has followed, as `n/holder`. */
  readonly #former = new Map<string, Set<string>>();
  readonly #obeyed = new Map<string, Epoch>();

  constructor(world: World, excuses: Excuses) {
    this.#world = world;
    this.#excuses = excuses;
  }

  acts(core: string, { shard, epoch }: Mandate): void {
    const { nowMs } = this.#world;
    const last = this.#acting.get(shard);
    if (last?.epoch.n === epoch.n && last.epoch.holder === epoch.holder) return;
    this.#acting.set(shard, { epoch, sinceMs: nowMs });
    const former = this.#former.get(shard) ?? new Set();
    this.#former.set(shard, former);
    if (!last) return;
    former.add(nameOf(last.epoch));
    const isFormer = former.delete(nameOf(epoch));
    if (this.#excuses.isDisturbed(last.sinceMs, nowMs)) {
      former.clear();
      return;
    }
    if (isFormer || compareEpochs(epoch, last.epoch) <= 0)
      this.#world.breach(
        'one acts',
        `${core} acts for ${shard} as holder ${epoch.n}, after ${last.epoch.holder} has as holder ${last.epoch.n}`,
      );
  }

  admitted(node: string, { shard, epoch }: Mandate): void {
    const key = `${node} ${shard}`;
    const known = this.#obeyed.get(key);
    if (known && compareEpochs(epoch, known) < 0)
      this.#world.breach(
        'nobody of yesterday is obeyed',
        `${node} obeys ${epoch.holder} as holder ${epoch.n} of ${shard}, after holder ${known.n}, ${known.holder}`,
      );
    this.#obeyed.set(key, epoch);
  }

  nodePowerLost(node: string): void {
    for (const key of this.#obeyed.keys()) if (key.startsWith(`${node} `)) this.#obeyed.delete(key);
  }
}

function nameOf({ n, holder }: Epoch): string {
  return `${n}/${holder}`;
}
