// Watches the processes of a drilled node and tells what begins and ends, so that the timeline shows also what nobody
// ordered: restarts by a parent, ends by a fault.

import { systemClock, type Timer } from '#src/ports';
import { type Role, roles } from './drill.ts';
import type { DrilledNode } from './drilled-node.io.ts';
import type { Mark } from './timeline.ts';

const lookMs = 20;

export interface Change {
  readonly role: Role;
  readonly mark: Mark & { readonly pid: number };
}

export class Watch {
  readonly #node: Pick<DrilledNode, 'pids'>;
  readonly #onChange: (change: Change) => void;
  #known: ReadonlyMap<Role, number> = new Map();
  #timer: Timer | undefined;
  #phase: 'watching' | 'closed' = 'watching';

  /** Tells of everything that runs as begun, and of each change from then on. */
  constructor(node: Pick<DrilledNode, 'pids'>, onChange: (change: Change) => void) {
    this.#node = node;
    this.#onChange = onChange;
    void this.#look();
  }

  close(): void {
    this.#phase = 'closed';
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const now = await this.#node.pids();
    if (this.#phase === 'closed') return;
    for (const role of roles) this.#compare(role, this.#known.get(role), now.get(role));
    this.#known = now;
    this.#timer = systemClock.after(lookMs, () => void this.#look());
  }

  #compare(role: Role, before: number | undefined, now: number | undefined): void {
    if (before === now) return;
    if (before !== undefined) this.#onChange({ role, mark: { mark: 'ended', pid: before } });
    if (now !== undefined) this.#onChange({ role, mark: { mark: 'begun', pid: now } });
  }
}
