// What a link told its owner, in order, and a way to wait for it without a clock.

import type { DnState, LinkState, RegistrationProgress, TLibEvent, TLibListener } from '#src/cti';
import type { TwinreelError } from '#src/errors';

export class Told implements TLibListener {
  readonly lines: string[] = [];
  readonly events: TLibEvent[] = [];
  readonly states: DnState[] = [];
  readonly faults: TwinreelError[] = [];
  #waiting: { readonly isThere: () => boolean; readonly resolve: () => void }[] = [];

  event(event: TLibEvent): void {
    this.events.push(event);
    this.#line(event.message === 'unknown' ? event.name : event.message);
  }

  dnState(state: DnState): void {
    this.states.push(state);
    this.#line(`state ${state.dn} ${state.phase}`);
  }

  link(state: LinkState): void {
    this.#line(state.phase === 'up' ? `up ${state.switchLink}` : `down ${state.standing.phase}`);
  }

  settled({ wanted, registered, refused }: RegistrationProgress): void {
    this.#line(`settled ${registered}/${wanted}${refused > 0 ? `, ${refused} refused` : ''}`);
  }

  fault(error: TwinreelError): void {
    this.faults.push(error);
    this.#line(`fault ${error.code}`);
  }

  /** Resolves as soon as `line` stands among what was told (`count` times). */
  hears(line: string, count = 1): Promise<void> {
    return this.until(() => this.lines.filter((one) => one === line).length >= count);
  }

  until(isThere: () => boolean): Promise<void> {
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ isThere, resolve });
    });
  }

  #line(line: string): void {
    this.lines.push(line);
    const ready = this.#waiting.filter(({ isThere }) => isThere());
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }
}
