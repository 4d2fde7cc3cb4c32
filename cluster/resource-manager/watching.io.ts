// Watches the members of groups: asks them by OPTIONS, or looks for their heartbeats in Redis. A member that drains says so in either way.
// Redis away is no evidence of anything: then a member stays what it was. A member that accepts connections holds one: where it breaks and
// nobody accepts another one its node is gone, and no INVITE need find that out.

import { watchLife } from '#cluster/links';
import { listBeats } from '#cluster/presence';
import type { RedisConnection } from '#cluster/redis';
import type { Clock, Timer } from '#src/ports';
import { headerValue, loadHeader, parseLoad, parseSipUri } from '#src/sip';
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

/** The port that a URI without one means (RFC 3261 §19.1.2). */
const portDefault = 5060;

export class Watching {
  readonly #options: WatchingOptions;
  readonly #timers = new Map<object, Timer>();
  readonly #lives = new Map<Member, { cancel(): void }>();
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
    for (const watch of [...this.#timers.values(), ...this.#lives.values()]) watch.cancel();
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
    if (this.#phase !== 'watching') return;
    if (member.phase !== before) this.#options.onChanged(group, member);
    if (member.phase !== 'down' && member.phase !== 'unseen' && !this.#lives.has(member))
      this.#watchLife(group, member);
  }

  #watchLife(group: Group, member: Member): void {
    const place = parseSipUri(member.config.aor);
    if (!place) return;
    const { host, port = portDefault } = place;
    const gone = (hasStood: boolean) => {
      // Who speaks UDP alone is not dialled again.
      if (!hasStood) return;
      this.#lives.delete(member);
      this.#note(group, member, () => member.gone());
    };
    this.#lives.set(member, watchLife({ host, port }, this.#options.clock, gone));
  }
}
