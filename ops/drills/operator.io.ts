// An operator of a cluster under drill: has recordings paused by a core, and sees in the couples of another one when that is so.

import { coreControl } from '#cluster/core';
import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import type { Shard } from '#src/shards';
import { until } from './drilled-node.io.ts';
import type { DrilledCall } from './drilled-telephony.io.ts';

const obeyedMsMax = 10_000;

export class Operator {
  readonly #coreSocket: string;

  /** Who sits at the core behind this control socket. */
  constructor(coreSocket: string) {
    this.#coreSocket = coreSocket;
  }

  couples(): Promise<readonly Couple[]> {
    return coreControl.couples(this.#coreSocket);
  }

  /** Gives the order, here or at the core behind `coreSocket`; resolves when it is given. */
  async order(call: DrilledCall, coreSocket = this.#coreSocket): Promise<void> {
    const { sid } = (await this.#coupleOf(call))!;
    await coreControl.command(coreSocket, 'pause', sid, 'drill');
  }

  /** Resolves when the call is seen to be paused; it knows then since when. */
  async awaitPause(call: DrilledCall): Promise<void> {
    const isPaused = async () => {
      const { takes = [] } = (await this.#coupleOf(call)) ?? {};
      return (takes.length > 0 && takes.every(({ pauses }) => pauses.length > 0)) || undefined;
    };
    await until('the pause', isPaused, obeyedMsMax);
    call.pausedMs = systemClock.monotonicMs();
  }

  async #coupleOf({ callUuid }: DrilledCall): Promise<Couple | undefined> {
    return (await this.couples()).find((couple) => couple.callUuid === callUuid);
  }
}

/** Of each of so many shards two calls that are up: the one was there `before`, the other one whenever. */
export function pairsOf(
  calls: readonly DrilledCall[],
  before: number,
  shards: readonly Shard[],
  count: number,
): (readonly [DrilledCall, DrilledCall])[] {
  const pairs = shards.flatMap(({ dns }): (readonly [DrilledCall, DrilledCall])[] => {
    const [one, other] = calls.filter(({ dn, pausedMs }) => dns.includes(dn) && !Number.isFinite(pausedMs));
    return one && other && calls.indexOf(one) < before ? [[one, other]] : [];
  });
  return pairs.slice(0, count);
}
