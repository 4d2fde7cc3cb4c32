// What is true of a run, kept by those who cause it: who had to be recorded when, when card data was said, and what excuses a gap.
// Judges what was recorded by it, never by what the recorders believe.

import type { Calls } from '#ops/lab/sip-server';
import { recordingIdOf } from '#src/ids';
import type { Couple } from '#src/recording';
import type { FinishedRecording } from './finished-recordings.ts';
import type { Dialog } from './media-server.ts';
import { minus, overlap, union } from './spans.ts';
import type { Span } from './virtual-capture.ts';
import type { World } from './world.ts';

/** A party that had to be recorded, from the moment at which it talked. */
interface Need {
  readonly tenant: string;
  readonly callUuid: string;
  readonly dn: string;
  readonly recordingId: string;
  readonly fromMs: number;
  toMs: number;
}

/** What may be missing because of a fault. `starts`: recordings that begin meanwhile; `media`: of running ones, on that host; `news`: what a core was told. */
export interface Excuse {
  readonly what: 'starts' | 'media' | 'news';
  readonly host?: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the order to pause until it was confirmed that the recording runs again. */
export interface Pause {
  readonly askedMs: number;
  resumedMs: number;
  /** Card data may be said, or was. */
  phase: 'wanted' | 'over';
}

/** How long after its party talks a recording may begin, when nothing is wrong. */
const graceMs = 500;
/** What a change on the way may cost. */
const edgeMs = 40;
/** What a journal may lose with the power. */
const unsyncedMs = 150;
/** A pause is effective so long after its answer. */
const pauseMsMax = 100;

export class Ledger {
  /** How long what has ended may be held, when nothing is wrong. */
  readonly lateMsMax = 8_000;
  readonly #world: World;
  readonly #needs: Need[] = [];
  readonly #open = new Map<string, Need>();
  readonly #excuses: Excuse[] = [];
  readonly #pauses = new Map<string, Pause[]>();
  readonly #cards = new Map<string, { fromMs: number; toMs: number }[]>();
  readonly #hosts = new Map<string, Set<string>>();
  readonly #couples = new Map<string, { readonly couple: Couple; readonly atMs: number; readonly firstMs: number }>();
  readonly #sids = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The last word on every couple, and when it was said. */
  get told(): readonly { readonly couple: Couple; readonly atMs: number }[] {
    return [...this.#couples.values()];
  }

  /** Parties that had to be recorded so far. */
  get needs(): number {
    return this.#needs.length;
  }

  excuse(excuse: Excuse): void {
    this.#excuses.push(excuse);
  }

  /** The calls of a switch are these now. */
  stands(tenant: string, calls: Calls, recorded: ReadonlySet<string>): void {
    const there = new Set<string>();
    for (const { callUuid, parties } of calls.values()) {
      for (const { dn, outside, phase, partyUuid } of parties) {
        if (outside || !recorded.has(dn)) continue;
        const key = `${tenant} ${callUuid} ${partyUuid}`;
        const talks = phase === 'talking' || phase === 'held';
        if (talks || this.#open.has(key)) there.add(key);
        if (!talks || this.#open.has(key)) continue;
        const recordingId = recordingIdOf({ tenant, callUuid, dn, partyUuid }, `sw-${tenant}`);
        const need: Need = {
          tenant,
          callUuid,
          dn,
          recordingId,
          fromMs: this.#world.nowMs,
          toMs: Number.POSITIVE_INFINITY,
        };
        this.#needs.push(need);
        this.#open.set(key, need);
      }
    }
    for (const [key, need] of this.#open) {
      if (!key.startsWith(`${tenant} `) || there.has(key)) continue;
      need.toMs = this.#world.nowMs;
      this.#open.delete(key);
    }
  }

  /** Recordings that run now, as they should. */
  recordingsOf(tenant: string, callUuid: string): readonly string[] {
    return [...this.#open.values()]
      .filter((need) => need.tenant === tenant && need.callUuid === callUuid)
      .map(({ recordingId }) => recordingId);
  }

  pauseAsked(recordingId: string): Pause {
    const pauses = this.#pauses.get(recordingId) ?? [];
    this.#pauses.set(recordingId, pauses);
    const pause: Pause = { askedMs: this.#world.nowMs, resumedMs: Number.POSITIVE_INFINITY, phase: 'wanted' };
    // One order is followed by the next: who still wanted to resume wants that no more.
    for (const one of pauses) one.resumedMs = Math.min(one.resumedMs, pause.askedMs);
    pauses.push(pause);
    return pause;
  }

  /** From now on no card data is said. */
  resumeAsked(recordingId: string): void {
    for (const pause of this.#pauses.get(recordingId) ?? []) pause.phase = 'over';
    const last = this.#cards.get(recordingId)?.at(-1);
    if (last) last.toMs = Math.min(last.toMs, this.#world.nowMs);
  }

  isPauseConfirmed(recordingId: string): boolean {
    return (this.#cards.get(recordingId)?.at(-1)?.toMs ?? 0) > this.#world.nowMs;
  }

  /** A recorder has confirmed an order. */
  obeyed(command: string, recordingId: string, takes: readonly string[]): void {
    this.#world.note('ledger', `${command} of ${recordingId.slice(0, 6)} confirmed by ${takes.length}`);
    if (takes.length === 0) return;
    const pauses = this.#pauses.get(recordingId) ?? [];
    const pause = pauses.at(-1);
    if (!pause) return;
    if (command === 'resume')
      for (const one of pauses) one.resumedMs = Math.min(one.resumedMs, this.#world.nowMs + pauseMsMax);
    if (command !== 'pause' || pause.phase === 'over' || this.isPauseConfirmed(recordingId)) return;
    const cards = this.#cards.get(recordingId) ?? [];
    this.#cards.set(recordingId, cards);
    cards.push({ fromMs: this.#world.nowMs + pauseMsMax, toMs: Number.POSITIVE_INFINITY });
  }

  /** A stretch of audio has come into a journal. */
  written({ leg, callId }: Dialog, host: string, span: Span): void {
    this.#hosts.set(leg.id, (this.#hosts.get(leg.id) ?? new Set()).add(host));
    for (const card of this.#cards.get(leg.id) ?? []) {
      const said = overlap(span, card);
      if (said && said.toMs - said.fromMs > 1)
        this.#world.breach(
          'paused audio is nowhere',
          `${callId} of ${leg.id.slice(0, 6)}: ${text(said)} is in the journal of ${host}`,
        );
    }
  }

  /** A core has lost its power: of what it had just begun it may know nothing any more. */
  powerLost(): void {
    for (const [sid, { firstMs }] of this.#couples)
      if (this.#world.nowMs - firstMs < unsyncedMs) this.#couples.delete(sid);
  }

  /** A core tells of a couple. */
  coupleTold(core: string, couple: Couple): void {
    const { sid, tenant, callUuid, dn, partyUuid, recordingId } = couple;
    const atMs = this.#world.nowMs;
    this.#couples.set(sid, { couple, atMs, firstMs: this.#couples.get(sid)?.firstMs ?? atMs });
    if (couple.phase === 'ended' && this.#open.has(`${tenant} ${callUuid} ${partyUuid}`))
      this.#world.breach('couples tell what is so', `${core} says that ${dn} has left ${callUuid}`);
    if (!callUuid.startsWith(`${tenant}-`))
      this.#world.breach('tenants are apart', `${core} tells ${tenant} of the call ${callUuid}`);
    for (const key of [`id ${recordingId}`, `party ${tenant} ${callUuid} ${dn} ${partyUuid}`]) {
      const known = this.#sids.get(key);
      if (known !== undefined && known !== sid)
        this.#world.breach('one couple, one sid', `${key} is ${known} and ${sid}`);
      this.#sids.set(key, sid);
    }
  }

  /** When everything has come to its end: is there of everybody what there has to be? */
  judge(recordings: readonly FinishedRecording[]): void {
    for (const need of this.#needs) this.#judgeNeed(need, recordings);
    for (const { take, recordingId, finishedMs } of recordings) {
      const owners = this.told.filter(({ couple }) => couple.takes.some((one) => one.take === take));
      if (owners.length > 1 || (owners.length === 0 && !this.#isUntold(finishedMs)))
        this.#world.breach(
          'one couple, one sid',
          `take ${take.slice(0, 6)} of ${recordingId.slice(0, 6)} is in ${owners.length} couples`,
        );
    }
    const finishedMs = new Map(recordings.map((one) => [one.take, one.finishedMs]));
    for (const { couple } of this.told) {
      const { sid, phase, takes, dn, callUuid } = couple;
      const running = takes.filter(({ take, phase: stands }) => {
        // Made while no core was there to hear of it, or never: then it only has ended.
        const isMade = finishedMs.has(take) && !this.#isUntold(finishedMs.get(take)!);
        return stands === 'running' || (stands === 'ended' && isMade);
      });
      if (phase !== 'ended' || running.length > 0)
        this.#world.breach(
          'what has ended is over',
          `couple ${sid.slice(0, 6)} of ${dn} in ${callUuid} is ${phase}, ${running.length} of its takes are not finished`,
        );
    }
  }

  /** Whether anything was wrong in that time. */
  isExcused(fromMs: number, toMs: number): boolean {
    return this.#excuses.some((one) => one.fromMs <= toMs && fromMs <= Math.min(one.toMs, one.fromMs + 60_000));
  }

  /** Whether no core may have heard of it. */
  #isUntold(atMs: number): boolean {
    return this.#excuses.some(({ what, fromMs, toMs }) => what === 'news' && fromMs <= atMs && atMs <= toMs);
  }

  #judgeNeed(need: Need, recordings: readonly FinishedRecording[]): void {
    const { callUuid, dn, recordingId } = need;
    const found = recordings.filter((one) => one.recordingId === recordingId && one.callUuid === callUuid);
    for (const { take, finishedMs } of found)
      if (finishedMs - need.toMs > this.lateMsMax && !this.isExcused(need.toMs, finishedMs))
        this.#world.breach(
          'what has ended is over',
          `take ${take.slice(0, 6)} of ${dn} in ${callUuid} was finished ${((finishedMs - need.toMs) / 1_000).toFixed(1)} s after its party had gone`,
        );
    const startMs = this.#startMs(need);
    const wanted = { fromMs: startMs, toMs: Number.isFinite(need.toMs) ? need.toMs : this.#world.nowMs };
    if (wanted.toMs <= wanted.fromMs) return;
    const excused = [...this.#excusedMedia(recordingId), ...this.#pausedOf(recordingId)];
    for (const isOwn of [true, false]) {
      const spans = found.flatMap(({ streams }) =>
        streams.filter(({ party }) => (party === dn) === isOwn).flatMap((one) => one.spans),
      );
      const missing = minus(minus([wanted], union(spans)), excused).filter(
        ({ fromMs, toMs }) => toMs - fromMs > edgeMs,
      );
      if (missing.length === 0) continue;
      const whose = isOwn ? dn : `who talks with ${dn}`;
      this.#world.breach(
        'what is to be recorded is',
        `${whose} in ${callUuid} (${recordingId.slice(0, 6)}, ${text(need)}): ${missing.map(text).join(', ')} missing`,
      );
    }
  }

  /** When its recording has to have begun. */
  #startMs({ fromMs }: Need): number {
    let startMs = fromMs + graceMs;
    for (let before = 0; before !== startMs; ) {
      before = startMs;
      for (const excuse of this.#excuses) {
        if (excuse.what === 'starts' && excuse.fromMs <= startMs && excuse.toMs > fromMs)
          startMs = Math.max(startMs, excuse.toMs + graceMs);
      }
    }
    return startMs;
  }

  #excusedMedia(recordingId: string): Span[] {
    const hosts = this.#hosts.get(recordingId) ?? new Set();
    return this.#excuses
      .filter(({ what, host }) => what === 'media' && host !== undefined && hosts.has(host))
      .map(({ fromMs, toMs }) => ({ fromMs: fromMs - edgeMs, toMs: toMs + edgeMs }));
  }

  #pausedOf(recordingId: string): Span[] {
    return (this.#pauses.get(recordingId) ?? []).map(({ askedMs, resumedMs }) => ({
      fromMs: askedMs,
      toMs: resumedMs + edgeMs,
    }));
  }
}

function text({ fromMs, toMs }: Span): string {
  return `${(fromMs / 1_000).toFixed(3)}..${(toMs / 1_000).toFixed(3)} s`;
}
