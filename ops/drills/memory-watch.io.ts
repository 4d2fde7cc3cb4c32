// The memory of a node's own processes, all that is resident of each: how much there was before something, and how much at most
// since.

import { residentKiBOf } from '#ops/bench';
import { systemClock, type Timer } from '#src/ports';
import type { Figures, Role } from './drill.ts';
import type { DrilledNode } from './drilled-node.io.ts';

const watched: readonly Role[] = ['keeper', 'edge', 'capture', 'recorder'];
const lookMs = 100;
const looksBefore = 20;

export class MemoryWatch {
  readonly #pids: readonly number[];
  readonly #beforeKiB: number;
  #mostKiB = 0;
  #timer: Timer | undefined;

  private constructor(pids: readonly number[], beforeKiB: number) {
    this.#pids = pids;
    this.#beforeKiB = beforeKiB;
    this.#look();
  }

  /** Takes what there is on the average of two seconds, and watches from then on. */
  static async begin(node: Pick<DrilledNode, 'pids'>): Promise<MemoryWatch> {
    const pids = [...(await node.pids())].filter(([role]) => watched.includes(role)).map(([, pid]) => pid);
    let sumKiB = 0;
    for (let look = 0; look < looksBefore; look += 1) {
      sumKiB += residentKiBOf(pids);
      await new Promise<void>((wake) => void systemClock.after(lookMs, wake));
    }
    return new MemoryWatch(pids, sumKiB / looksBefore);
  }

  close(): void {
    this.#timer?.cancel();
  }

  get figures(): Figures {
    return {
      memoryBeforeMiB: Math.round(this.#beforeKiB / 1_024),
      memoryMostMiB: Math.round(this.#mostKiB / 1_024),
      memoryGrowth: Math.round((this.#mostKiB / this.#beforeKiB) * 100) / 100,
    };
  }

  #look(): void {
    this.#mostKiB = Math.max(this.#mostKiB, residentKiBOf(this.#pids));
    this.#timer = systemClock.after(lookMs, () => this.#look());
  }
}
