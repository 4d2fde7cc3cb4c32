// The calls of a drill: placed by a stand-in for the media server, which keeps the ledger that everything is judged by. The
// first call speaks tones, for the judgement by ear; the others counters.

import { type MsrCall, type MsrParty, type MsrSource, startMsrSource } from '#ops/lab/msr-source';
import { codeOf, TwinreelError } from '#src/errors';
import { type Random, systemClock } from '#src/ports';
import type { PausedStretch } from './paused-stretch.ts';

/** Of the call that speaks tones: the first party is heard left, the second right. */
export const toneHz = [440, 1_000] as const;

const placedAtOnce = 10;
const tryAgainMs = 50;
const laterCallsMax = 5;

export interface LoadOptions {
  readonly recorder: { readonly address: string; readonly port: number };
  readonly random: Random;
}

export class Load {
  readonly #source: MsrSource;
  readonly #random: Random;
  readonly #calls: MsrCall[] = [];
  readonly #cutOff = new Set<MsrCall>();
  readonly #later = new Set<MsrCall>();
  #phase: 'up' | 'hanging-up' = 'up';
  #placed = 0;
  #reInvitesRefused = 0;
  readonly #pauses = new Map<number, PausedStretch[]>();
  #ends: ReadonlyMap<number, number> | undefined;

  private constructor(source: MsrSource, random: Random) {
    this.#source = source;
    this.#random = random;
  }

  static async open(options: LoadOptions): Promise<Load> {
    return new Load(await startMsrSource(options), options.random);
  }

  /** Calls that were answered. */
  get calls(): readonly MsrCall[] {
    return this.#calls;
  }

  /** Whether a call was placed after the fault. */
  isLater(call: MsrCall): boolean {
    return this.#later.has(call);
  }

  /** Calls that ended before they were hung up here. */
  get cutOff(): number {
    return this.#cutOff.size;
  }

  /** BYEs that were answered by anything but 200; a call none of whose BYEs was answered counts once. */
  get byesRefused(): number {
    const hungUp = this.#calls.filter((call) => !this.#cutOff.has(call));
    const statuses = hungUp.flatMap(({ byeStatuses }): readonly (number | undefined)[] =>
      byeStatuses.length > 0 ? byeStatuses : [undefined],
    );
    return statuses.filter((status) => status !== 200).length;
  }

  /** Re-INVITEs that were not accepted. */
  get reInvitesRefused(): number {
    return this.#reInvitesRefused;
  }

  get sendFailures(): number {
    return this.#source.sendFailures;
  }

  /** Places calls; resolves when all are answered, with two INVITEs each. Rejects with `msr-call-refused`. */
  async place(count: number): Promise<void> {
    for (let left = count; left > 0; left -= placedAtOnce) {
      await Promise.all(Array.from({ length: Math.min(left, placedAtOnce) }, () => this.#placeOne('per-party')));
    }
  }

  /** Places a call again and again until one is answered; it stays up. Rejects with `drill-impossible` when none is. */
  async placeUntilAnswered(withinMs: number): Promise<void> {
    const untilMs = systemClock.monotonicMs() + withinMs;
    for (;;) {
      try {
        this.#later.add(await this.#placeOne('single'));
        return;
      } catch (error) {
        if (codeOf(error) !== 'msr-call-refused') throw error;
        if (systemClock.monotonicMs() > untilMs)
          throw new TwinreelError('drill-impossible', `no call was answered within ${withinMs} ms`);
      }
      await new Promise<void>((resolve) => systemClock.after(tryAgainMs, resolve));
    }
  }

  /**
   * Places one more call; resolves with the status of its answer. The first few that are answered stay up and are judged,
   * later ones are hung up at once.
   */
  async attempt(): Promise<number> {
    try {
      if (this.#later.size < laterCallsMax) this.#later.add(await this.#placeOne('single'));
      else {
        const call = this.#call('single');
        await call.answered;
        await call.hangUp();
      }
      return 200;
    } catch (error) {
      if (codeOf(error) !== 'msr-call-refused') throw error;
      return Number((error as TwinreelError).details['status'] ?? 0);
    }
  }

  /** All calls send from other ports from now on. */
  async moveMedia(): Promise<void> {
    const moved = await Promise.allSettled(this.#calls.map((call) => call.moveMedia()));
    this.#reInvitesRefused += moved.filter(({ status }) => status === 'rejected').length;
  }

  /** Places calls and hangs up at once those that are answered; resolves with the number of those not refused with 503. */
  async placeRefused(count: number): Promise<number> {
    let accepted = 0;
    for (let index = 0; index < count; index += 1) {
      const call = this.#call('per-party');
      try {
        await call.answered;
        accepted += 1;
        await call.hangUp();
      } catch (error) {
        if (!(error instanceof TwinreelError) || error.details['status'] !== 503) accepted += 1;
      }
    }
    return accepted;
  }

  /** All who speak counters press digits. */
  press(digits: string): void {
    for (const call of this.#calls) if (!this.#speaksTones(call)) call.press(digits);
  }

  /** What is sent from now on can reach nobody, and is not judged. */
  markEnd(): void {
    this.#ends = this.#counts();
  }

  /** Packets of a stream that are judged; what comes behind is sent to nobody. */
  judgedCount(ssrc: number): number {
    return this.#ends?.get(ssrc) ?? Number.POSITIVE_INFINITY;
  }

  /** Pauses of a stream, by its SSRC. */
  pausesOf(ssrc: number): readonly PausedStretch[] {
    return this.#pauses.get(ssrc) ?? [];
  }

  /** What has left so far of each stream is before a pause, or before the end of one. */
  async markPause(what: 'pause' | 'resume', command: (recording: string) => Promise<unknown>): Promise<void> {
    const before = this.#counts();
    const askedAtMs = systemClock.monotonicMs();
    await Promise.all(this.#calls.map((call) => command(call.recordId)));
    const after = this.#counts();
    for (const [ssrc, count] of before) {
      const pauses = this.#pauses.get(ssrc) ?? [];
      const last = pauses.at(-1);
      if (what === 'pause') pauses.push({ askedAtMs, askedAt: count, resumeAskedAt: Infinity, resumedAt: Infinity });
      else if (last) pauses.splice(-1, 1, { ...last, resumeAskedAt: count, resumedAt: after.get(ssrc)! });
      this.#pauses.set(ssrc, pauses);
    }
  }

  /** Ends all calls by BYE. */
  async hangUp(): Promise<void> {
    this.#phase = 'hanging-up';
    await Promise.allSettled(this.#calls.map((call) => call.hangUp()));
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  /** The first call does. */
  #speaksTones(call: MsrCall): boolean {
    return this.#calls.indexOf(call) === 0;
  }

  #counts(): ReadonlyMap<number, number> {
    return new Map(
      this.#calls.flatMap(({ parties }) => parties.map(({ ssrc, stream }) => [ssrc, stream?.ledger.count ?? 0])),
    );
  }

  async #placeOne(form: 'per-party' | 'single'): Promise<MsrCall> {
    const call = this.#call(form);
    await call.answered;
    this.#calls.push(call);
    void call.ended.then(() => {
      if (this.#phase === 'up') this.#cutOff.add(call);
    });
    return call;
  }

  #call(form: 'per-party' | 'single'): MsrCall {
    const index = this.#placed;
    this.#placed += 1;
    const party = (dn: number, frequencyHz: number): MsrParty => {
      const ssrc = this.#random.bytes(4).readUInt32BE(0);
      // What a counter says names its stream too: it can be found wherever it lies, without the packet around it.
      const audio = index === 0 ? ({ kind: 'tone', frequencyHz } as const) : ({ kind: 'counters', tag: ssrc } as const);
      return { dn: String(dn + index), ssrc, audio };
    };
    return this.#source.call({ form, parties: [party(70_000, toneHz[0]), party(550_000, toneHz[1])] });
  }
}
