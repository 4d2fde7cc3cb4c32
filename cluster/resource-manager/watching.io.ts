// Watches the members of groups: asks them by OPTIONS, or looks for their heartbeats in Redis. A member that drains says so in either way.
// Redis away is no evidence of anything: then a member stays what it was.

import { listBeats } from '#cluster/presence';
import type { RedisConnection } from '#cluster/redis';
import type { Clock, Timer } from '#src/ports';
import { headerValue, loadHeader, parseLoad } from '#src/sip';
import type { SipProxy } from '#src/sip/proxy';
import type { Group } from './group.ts';
import type { Member } from './member.ts';

export interface WatchingOptions {
  readonly groups: readonly Group[];
  readonly proxy: Pick<SipProxy, 'ask'>;
  readonly redis: RedisConnection | undefined;
  readonly clock: Clock;
  readonly monitorMs: number;
  /** A member is there again, or is not any more. */
  readonly onChanged: (group: Group, member: Member) => void;
}

export class Watching {
  readonly #options: WatchingOptions;
  readonly #timers = new Map<object, Timer>();
  #phase: 'watching' | 'stopped' = 'watching';

  constructor(options: WatchingOptions) {
    this.#options = options;
    const by = (method: Group['config']['monitorMethod']) =>
      options.groups.filter(({ config }) => config.monitorMethod === method);
    for (const group of by('options'))
      for (const member of group.members) this.#again(member, () => this.#ask(group, member));
    const beating = by('heartbeat');
    if (beating.length > 0) this.#lookForBeats(beating);
  }

  stop(): void {
    this.#phase = 'stopped';
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** Looks now, and again `monitorMs` after each look. */
  #again(what: object, look: () => Promise<void>): void {
    const { clock, monitorMs } = this.#options;
    void look().then(() => {
      if (this.#phase === 'watching')
        this.#timers.set(
          what,
          clock.after(monitorMs, () => this.#again(what, look)),
        );
    });
  }

  async #ask(group: Group, member: Member): Promise<void> {
    const { proxy, clock, monitorMs } = this.#options;
    const sinceMs = clock.monotonicMs();
    const answer = await proxy.ask(member.config.aor, monitorMs);
    // Whoever answers at all is alive; a 408 says that somebody between us gave up.
    const isAlive = answer !== undefined && answer.status !== 408;
    const load = answer && parseLoad(headerValue(answer.headers, loadHeader));
    this.#note(group, member, () => {
      if (isAlive) member.heard(answer.status === 503 ? 'draining' : 'up', load && { ...load, sinceMs });
      else member.missed();
    });
  }

  #lookForBeats(groups: readonly Group[]): void {
    const { redis, clock } = this.#options;
    // What a beat says may be as old as the beat before it: what was accepted after the look before the last one may be missing in it.
    let [sinceMs, lastMs] = [clock.monotonicMs(), clock.monotonicMs()];
    this.#again(groups, async () => {
      const beats = redis && (await listBeats(redis).catch(() => undefined));
      if (!beats) return;
      for (const group of groups) {
        for (const member of group.members) {
          const beat = beats.find(({ process, node }) => process === 'recorder' && node === member.config.node);
          const { streams, draining = 0 } = beat?.figures ?? {};
          const load = streams === undefined ? undefined : { streams, sinceMs };
          this.#note(group, member, () => {
            if (beat) member.heard(draining > 0 ? 'draining' : 'up', load);
            else member.missed();
          });
        }
      }
      [sinceMs, lastMs] = [lastMs, clock.monotonicMs()];
    });
  }

  #note(group: Group, member: Member, act: () => void): void {
    const before = member.phase;
    act();
    if (this.#phase === 'watching' && member.phase !== before) this.#options.onChanged(group, member);
  }
}
