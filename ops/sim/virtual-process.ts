// A process of the simulation: it runs, is stopped for a while (SIGSTOP), or is dead (kill -9). What would happen in it while it
// is stopped happens when it goes on; in a dead one nothing happens any more.

import type { Clock, Timer } from '#src/ports';
import type { Host } from './host.ts';

interface Held {
  run(): void;
  isCancelled: boolean;
}

export class VirtualProcess {
  /** `n1/recorder.2`: the second of its name there. */
  readonly name: string;
  readonly host: Host;
  readonly clock: Clock;
  #phase: 'running' | 'stopped' | 'dead' = 'running';
  #stoppedAtMs = 0;
  readonly #held: Held[] = [];
  readonly #mourners: (() => void)[] = [];

  constructor(host: Host, name: string) {
    this.host = host;
    this.name = `${host.name}/${name}`;
    const { clock } = host.world;
    this.clock = {
      nowMs: () => clock.nowMs() + host.skewMs,
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, run) => this.#after(delayMs, run),
    };
  }

  get phase(): 'running' | 'stopped' | 'dead' {
    return this.#phase;
  }

  /** Runs it in this process: now, when it goes on, or never. */
  run(what: () => void): void {
    this.#run({ run: what, isCancelled: false });
  }

  stop(): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'stopped';
    this.#stoppedAtMs = this.host.world.nowMs;
    this.host.world.network.changed();
  }

  goOn(): void {
    if (this.#phase !== 'stopped') return;
    this.#phase = 'running';
    this.host.world.network.wentOn(this, this.host.world.nowMs - this.#stoppedAtMs);
    for (const held of this.#held.splice(0)) if (!held.isCancelled) this.#run(held);
  }

  kill(): void {
    if (this.#phase === 'dead') return;
    this.#phase = 'dead';
    this.#held.length = 0;
    for (const mourn of this.#mourners.splice(0)) mourn();
    this.host.world.network.changed();
  }

  /** The kernel, and whoever started it, know at once. */
  whenDead(run: () => void): void {
    if (this.#phase === 'dead') run();
    else this.#mourners.push(run);
  }

  #run(held: Held): void {
    if (this.#phase === 'running') held.run();
    else if (this.#phase === 'stopped') this.#held.push(held);
  }

  #after(delayMs: number, run: () => void): Timer {
    const held: Held = { run, isCancelled: false };
    const timer = this.host.world.clock.after(delayMs, () => this.#run(held));
    return {
      cancel() {
        held.isCancelled = true;
        timer.cancel();
      },
    };
  }
}
