// The calls of a run: they come, are answered, held, asked about, given away, paused and ended, as the seed draws it.

import type { Site } from './site.ts';
import { watchedDns } from './tenants.ts';
import type { VirtualSwitch } from './virtual-switch.ts';
import type { World } from './world.ts';

const [ringsMs, talksMs, holdsMs, consultsMs, pausesMs] = [
  [200, 2_500],
  [2_000, 45_000],
  [500, 8_000],
  [1_000, 8_000],
  [3_000, 12_000],
] as const;
const hangUpAfterMs = 20_000;
const askAgainMs = 2_600;
const asksMax = 8;

/** Begins as many calls as `calls` says until `untilMs`; all of them have ended a minute later. */
export function playCalls(site: Site, { calls, untilMs }: { readonly calls: number; readonly untilMs: number }): void {
  for (const server of site.switches) {
    const desk = new Desk(site, server, untilMs + hangUpAfterMs);
    for (let n = 1; n <= calls; n++) site.world.after(site.world.between(500, untilMs), () => desk.call(n));
  }
}

/** The agents of one tenant, and the calls they take. */
class Desk {
  readonly #site: Site;
  readonly #world: World;
  readonly #server: VirtualSwitch;
  /** Whoever talks from then on does nothing else but hang up. */
  readonly #untilMs: number;
  readonly #busy = new Set<string>();
  #names = 0;

  constructor(site: Site, server: VirtualSwitch, untilMs: number) {
    this.#site = site;
    this.#world = site.world;
    this.#server = server;
    this.#untilMs = untilMs;
  }

  call(n: number): void {
    const dn = this.#take();
    if (dn === undefined) return;
    const call = this.#place(dn, { dn: `0${400 + n}`, outside: true }, 'inbound');
    this.#after(ringsMs, () => {
      if (this.#world.chance(0.1)) {
        this.#leave(call, dn);
        return;
      }
      this.#server.happen({ type: 'answered', callUuid: call, dn });
      this.#talk(call, dn, 3);
    });
  }

  /** What happens to an agent that talks, `left` things at most; then it hangs up. */
  #talk(call: string, dn: string, left: number): void {
    this.#after(talksMs, () => {
      const draw = left === 0 || this.#world.nowMs > this.#untilMs ? 1 : this.#world.between(0, 1);
      const goOn = () => this.#talk(call, dn, left - 1);
      if (draw < 0.2) this.#hold(call, dn, goOn);
      else if (draw < 0.5) this.#pause(call, goOn);
      else if (draw < 0.75) this.#consult(call, dn, goOn);
      else this.#leave(call, dn);
    });
  }

  #hold(callUuid: string, dn: string, then: () => void): void {
    this.#server.happen({ type: 'held', callUuid, dn });
    this.#after(holdsMs, () => {
      this.#server.happen({ type: 'retrieved', callUuid, dn });
      then();
    });
  }

  /** Asks a colleague, and gives the call away, makes a conference of it, or takes it back. */
  #consult(callUuid: string, by: string, then: () => void): void {
    const colleague = this.#take();
    if (colleague === undefined) {
      then();
      return;
    }
    this.#server.happen({ type: 'held', callUuid, dn: by });
    const about = { callUuid, connId: this.#server.call(callUuid)!.connId };
    const consultUuid = this.#place(colleague, { dn: by, outside: false }, 'consult', about);
    this.#after(ringsMs, () => {
      this.#server.happen({ type: 'answered', callUuid: consultUuid, dn: colleague });
      this.#after(consultsMs, () => {
        const draw = this.#world.between(0, 1);
        if (draw < 0.5) {
          this.#server.happen({ type: 'transferred-attended', callUuid, by, consultUuid });
          this.#busy.delete(by);
          this.#talk(callUuid, colleague, 1);
          return;
        }
        if (draw < 0.7) {
          this.#server.happen({ type: 'conferenced', callUuid, by, consultUuid });
          this.#after(consultsMs, () => {
            this.#server.happen({ type: 'left', callUuid, dn: colleague });
            this.#busy.delete(colleague);
            then();
          });
          return;
        }
        this.#server.happen({ type: 'left', callUuid: consultUuid, dn: colleague });
        this.#busy.delete(colleague);
        this.#server.happen({ type: 'retrieved', callUuid, dn: by });
        then();
      });
    });
  }

  /** A supervisor has the recording paused before card data is said; who gets no confirmation asks again. */
  #pause(callUuid: string, then: () => void): void {
    const { ledger } = this.#site;
    const [recordingId] = ledger.recordingsOf(this.#server.tenant, callUuid);
    if (recordingId === undefined) {
      then();
      return;
    }
    const pause = ledger.pauseAsked(recordingId);
    let wanted: 'pause' | 'resume' = 'pause';
    this.#order('pause', recordingId, () => wanted !== 'pause' || ledger.isPauseConfirmed(recordingId), asksMax);
    this.#after(pausesMs, () => {
      wanted = 'resume';
      ledger.resumeAsked(recordingId);
      this.#order('resume', recordingId, () => pause.resumedMs < Number.POSITIVE_INFINITY, asksMax);
      this.#world.after(askAgainMs, then);
    });
  }

  #order(command: 'pause' | 'resume', recordingId: string, isDone: () => boolean, left: number): void {
    if (isDone() || left === 0) return;
    this.#world.moment();
    this.#world.note('supervisor', `${command} ${recordingId.slice(0, 6)}`);
    // Whoever he asks: the others hear of it through recorders.
    void this.#world
      .pick(this.#site.cores)
      .command(command, recordingId)
      .catch(() => {});
    this.#world.after(askAgainMs, () => this.#order(command, recordingId, isDone, left - 1));
  }

  #leave(callUuid: string, dn: string): void {
    for (const party of this.#server.call(callUuid)?.parties ?? []) this.#busy.delete(party.dn);
    this.#server.happen({ type: 'left', callUuid, dn });
  }

  /** An agent that is free. */
  #take(): string | undefined {
    const free = watchedDns.filter((dn) => !this.#busy.has(dn));
    if (free.length === 0) return undefined;
    const dn = this.#world.pick(free);
    this.#busy.add(dn);
    return dn;
  }

  #place(
    to: string,
    from: { readonly dn: string; readonly outside: boolean },
    callType: 'inbound' | 'consult',
    about?: { readonly callUuid: string; readonly connId: string },
  ): string {
    this.#names += 1;
    const { tenant } = this.#server;
    const callUuid = `${tenant}-${this.#names}`;
    const connId = `${tenant === 'acme' ? 'a' : 'b'}${String(this.#names).padStart(15, '0')}`;
    const call = { callUuid, connId, callType, dnis: to, ani: from.dn, ...(about && { about }) };
    this.#server.happen({ type: 'placed', call, from: { ...from, partyUuid: `${callUuid}-p1` } });
    this.#server.happen({ type: 'rings', callUuid, at: { dn: to, outside: false, partyUuid: `${callUuid}-p2` } });
    return callUuid;
  }

  #after([from, to]: readonly [number, number], run: () => void): void {
    this.#world.after(this.#world.between(from, to), run);
  }
}
