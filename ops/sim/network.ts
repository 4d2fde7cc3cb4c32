// The network of the simulation: lines between processes, each in order both ways, with a delay that is drawn; what goes over
// different lines overtakes. A way from one host to another can be cut: what is sent meanwhile waits, as TCP repeats it, until the
// way is there again or an end has heard nothing for too long and gives the line up.

import type { Host } from './host.ts';
import type { VirtualProcess } from './virtual-process.ts';
import type { World } from './world.ts';

const [delayMsMin, delayMsMax] = [0.1, 3];

/** One end of a line, as its process sees it. */
export interface LineEnd<Heard> {
  readonly process: VirtualProcess;
  heard(message: Heard): void;
  /** Called once, by whatever the line ended. */
  ended(why: string): void;
}

export interface Side<Said> {
  /** Nothing happens when the line has ended. */
  send(message: Said): void;
  close(): void;
}

export class Network {
  readonly #world: World;
  readonly #cut = new Set<string>();
  readonly #lines = new Set<Line>();

  constructor(world: World) {
    this.#world = world;
  }

  connect<A, B>(a: LineEnd<B>, b: LineEnd<A>, silenceMsMax: number): readonly [Side<A>, Side<B>] {
    const line: Line = new Line(this.#world, [a, b] as never, silenceMsMax, () => this.#lines.delete(line));
    this.#lines.add(line);
    return [line.side(0), line.side(1)] as never;
  }

  /** Whether what is sent now arrives. */
  reaches(from: Host, to: Host): boolean {
    return from === to || !(this.#cut.has(`${from.name}>${to.name}`) || from.phase === 'down' || to.phase === 'down');
  }

  cut(from: Host, to: Host): void {
    this.#cut.add(`${from.name}>${to.name}`);
    this.changed();
  }

  heal(from: Host, to: Host): void {
    this.#cut.delete(`${from.name}>${to.name}`);
    this.changed();
  }

  /** A way or a process is another than before. */
  changed(): void {
    for (const line of [...this.#lines]) line.changed();
    this.#world.waysChanged();
  }

  /** A process goes on after `ms`: whom it has not heard for so long it takes to be gone. */
  wentOn(process: VirtualProcess, ms: number): void {
    this.changed();
    for (const line of [...this.#lines]) line.wentOn(process, ms);
  }

  delayMs(): number {
    return this.#world.between(delayMsMin, delayMsMax);
  }
}

/** From one end to the other. */
interface Way {
  readonly waiting: unknown[];
  lastDueMs: number;
  quietSinceMs: number | undefined;
}

class Line {
  readonly #world: World;
  readonly #ends: readonly [LineEnd<unknown>, LineEnd<unknown>];
  readonly #silenceMsMax: number;
  readonly #over: () => void;
  /** By the end that speaks. */
  readonly #ways: readonly [Way, Way] = [newWay(), newWay()];
  readonly #phases: ['open' | 'ended', 'open' | 'ended'] = ['open', 'open'];

  constructor(
    world: World,
    ends: readonly [LineEnd<unknown>, LineEnd<unknown>],
    silenceMsMax: number,
    over: () => void,
  ) {
    this.#world = world;
    this.#ends = ends;
    this.#silenceMsMax = silenceMsMax;
    this.#over = over;
    this.changed();
  }

  side(at: 0 | 1): Side<unknown> {
    return {
      send: (message) => {
        if (this.#phases[at] === 'open' && this.#ends[at].process.phase !== 'dead') this.#send(at, message);
      },
      close: () => this.#end(at, 'it was let go', 'silently'),
    };
  }

  changed(): void {
    for (const at of [0, 1] as const) {
      const way = this.#ways[at];
      const { process } = this.#ends[at];
      if (process.phase === 'dead' && process.host.phase === 'up') this.#end(at, 'the process died');
      const isQuiet = !this.#isThere(at) || process.phase !== 'running';
      if (!isQuiet) {
        way.quietSinceMs = undefined;
        for (const message of way.waiting.splice(0)) this.#send(at, message);
      } else if (way.quietSinceMs === undefined) {
        const sinceMs = this.#world.nowMs;
        way.quietSinceMs = sinceMs;
        this.#world.after(this.#silenceMsMax, () => {
          if (way.quietSinceMs === sinceMs) this.#giveUp(other(at));
        });
      }
    }
  }

  wentOn(process: VirtualProcess, ms: number): void {
    if (ms < this.#silenceMsMax) return;
    for (const at of [0, 1] as const) if (this.#ends[at].process === process) this.#giveUp(at);
  }

  #isThere(from: 0 | 1): boolean {
    return this.#world.network.reaches(this.#ends[from].process.host, this.#ends[other(from)].process.host);
  }

  #send(from: 0 | 1, message: unknown): void {
    const way = this.#ways[from];
    if (!this.#isThere(from)) {
      way.waiting.push(message);
      return;
    }
    way.lastDueMs = Math.max(way.lastDueMs, this.#world.nowMs + this.#world.network.delayMs());
    const to = other(from);
    this.#world.at(way.lastDueMs, () =>
      this.#ends[to].process.run(() => {
        if (this.#phases[to] === 'open') this.#ends[to].heard(message);
      }),
    );
  }

  #giveUp(at: 0 | 1): void {
    const { process } = this.#ends[at];
    process.run(() => this.#end(at, `nothing was heard for ${this.#silenceMsMax} ms`));
  }

  /** This end is closed; the other one hears of it behind what was said before. */
  #end(at: 0 | 1, why: string, how: 'told' | 'silently' = 'told'): void {
    if (this.#phases[at] === 'ended') return;
    this.#phases[at] = 'ended';
    if (how === 'told' && this.#ends[at].process.phase !== 'dead') this.#ends[at].ended(why);
    const to = other(at);
    if (this.#phases[to] === 'ended') {
      this.#over();
      return;
    }
    if (!this.#isThere(at)) return; // it hears nothing any more, and gives up
    const dueMs = Math.max(this.#ways[at].lastDueMs, this.#world.nowMs + this.#world.network.delayMs());
    this.#world.at(dueMs, () => this.#ends[to].process.run(() => this.#end(to, 'the other end closed the line')));
  }
}

function newWay(): Way {
  return { waiting: [], lastDueMs: 0, quietSinceMs: undefined };
}

function other(at: 0 | 1): 0 | 1 {
  return at === 0 ? 1 : 0;
}
