// What faults excuse, and how long.

import { overlap } from './spans.ts';
import type { Span } from './virtual-capture.ts';

/**
 * What may be missing because of a fault. `starts`: recordings that begin meanwhile; `media`: of running ones, on that host; `news`: what cores
 * are told; `core`: that one sees and does nothing, so its twin does; `leases`: Redis has lost what it knew of them, or its clock; `duties`: nobody
 * may know who is to act, and several do; `gates`: a capture opens its gates only when it goes on.
 */
export interface Excuse {
  readonly what: 'starts' | 'media' | 'news' | 'core' | 'leases' | 'duties' | 'gates';
  readonly host?: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What ran there is lost; where there is another copy, to the end of its call. */
  readonly how?: 'for good';
}

/** How long after an excuse a core may go on to hear what it missed. */
export const hearsAgainMs = 2_500;
/** No fault has consequences for longer. */
const aftermathMsMax = 60_000;

export class Excuses {
  readonly #all: Excuse[] = [];

  add(excuse: Excuse): void {
    this.#all.push(excuse);
  }

  /** What is missing of running recordings. */
  get media(): readonly Excuse[] {
    return this.#all.filter(({ what }) => what === 'media');
  }

  /** Whether anything was wrong in that time. */
  isExcused(fromMs: number, toMs: number): boolean {
    return this.#all.some((one) => one.fromMs <= toMs && fromMs <= Math.min(one.toMs, one.fromMs + aftermathMsMax));
  }

  /** Whether Redis has lost in that time what it knew of leases, or its clock. */
  isDisturbed(fromMs: number, toMs: number): boolean {
    return this.#all.some((one) => one.what === 'leases' && one.fromMs <= toMs && fromMs <= one.toMs);
  }

  /** While no gate can be closed or opened: a pause counts from its beginning, a resume from its end. */
  gatesShut(nowMs: number): Span {
    const shut = this.#all.filter(({ what, fromMs, toMs }) => what === 'gates' && fromMs <= nowMs && nowMs <= toMs);
    return {
      fromMs: Math.min(nowMs, ...shut.map(({ fromMs }) => fromMs)),
      toMs: Math.max(nowMs, ...shut.map(({ toMs }) => toMs)),
    };
  }

  /** Whether that core, or any, may not have heard of it. */
  isUntold(atMs: number, core?: string): boolean {
    const covers = ({ fromMs, toMs }: Excuse) => fromMs <= atMs && atMs <= toMs + hearsAgainMs;
    const away = new Set(this.#all.filter((one) => one.what === 'core' && covers(one)).map(({ host }) => host));
    const isAway = core === undefined ? away.size > 1 : away.has(core);
    return isAway || this.#all.some((one) => one.what === 'news' && covers(one));
  }

  /** When recordings need not begin: while something is wrong that any core stands on, or two cores are away. */
  starts(): Span[] {
    const away = this.#all.filter(({ what }) => what === 'core');
    const both = away.flatMap((one, at) =>
      away.slice(at + 1).flatMap((other) => (one.host === other.host ? [] : (overlap(one, other) ?? []))),
    );
    return [...this.#all.filter(({ what }) => what === 'starts'), ...both];
  }
}
