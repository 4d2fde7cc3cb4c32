// What is true of a run, kept by those who cause it: who had to be recorded when, when card data was said, and what excuses a gap.
// Judges what was recorded by it, never by what the recorders believe.

import type { Calls } from '#ops/lab/sip-server';
import { recordingIdOf } from '#src/ids';
import type { StatusEvent } from '#src/notification';
import type { Mandate } from '#src/shards';
import { CoupleLedger } from './couple-ledger.ts';
import { EpochLedger } from './epoch-ledger.ts';
import { Excuses } from './excuses.ts';
import type { FinishedRecording } from './finished-recordings.ts';
import type { Dialog } from './media-server.ts';
import { NoticeLedger } from './notice-ledger.ts';
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

/** What the ledger asks of the media server and its recorders. */
export interface Media {
  /** The tenant whose calls are recorded twice. */
  readonly duplicated: string | undefined;
  readonly groupOf: (host: string) => 0 | 1;
  /** How many recorders have a recording now. */
  readonly copiesOf: (recordingId: string) => number;
}

/** From the order to pause until it was confirmed that the recording runs again. */
export interface Pause {
  readonly askedMs: number;
  resumedMs: number;
  /** Card data may be said, or was. */
  phase: 'wanted' | 'over';
}

/** How long after its party talks a recording may begin, also when the core that was to ask for it is gone. */
const graceMs = 600;
/** What a change on the way may cost. */
const edgeMs = 40;
/** A pause is effective so long after its answer. */
const pauseMsMax = 100;

export class Ledger {
  /** How long what has ended may be held, when nothing is wrong. */
  readonly lateMsMax = 8_000;
  readonly excuses = new Excuses();
  readonly couples: CoupleLedger;
  readonly #world: World;
  #media: Media | undefined;
  readonly #needs: Need[] = [];
  readonly #open = new Map<string, Need>();
  readonly #pauses = new Map<string, Pause[]>();
  readonly #cards = new Map<string, { fromMs: number; toMs: number }[]>();
  readonly #hosts = new Map<string, Set<string>>();
  readonly #epochs: EpochLedger;
  readonly #notices: NoticeLedger;

  /** `movedMs`: when a lease last went to another core. */
  constructor(world: World, movedMs: () => number) {
    this.#world = world;
    this.couples = new CoupleLedger(world, this.excuses, (party) => this.#open.has(party));
    this.#epochs = new EpochLedger(world, this.excuses);
    this.#notices = new NoticeLedger(world, this.excuses, movedMs);
  }

  knowMedia(media: Media): void {
    this.#media = media;
  }

  /** Parties that had to be recorded so far. */
  get needs(): number {
    return this.#needs.length;
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
    const pause: Pause = {
      askedMs: this.excuses.gatesShut(this.#world.nowMs).fromMs,
      resumedMs: Number.POSITIVE_INFINITY,
      phase: 'wanted',
    };
    // One order is followed by the next: who still wanted to resume wants that no more.
    for (const one of pauses) one.resumedMs = Math.min(one.resumedMs, pause.askedMs);
    pauses.push(pause);
    return pause;
  }

  /** A core acts for a shard, under this epoch. */
  acts(core: string, mandate: Mandate): void {
    this.#epochs.acts(core, mandate);
  }

  /** A recorder has taken an order that was given under it. */
  admitted(node: string, mandate: Mandate): void {
    this.#epochs.admitted(node, mandate);
  }

  /** With the power of a node its knowledge of epochs may be gone. */
  nodePowerLost(node: string): void {
    this.#epochs.nodePowerLost(node);
  }

  noticed(core: string, event: StatusEvent): void {
    this.#notices.noticed(core, event);
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
    if (takes.length === 0 || takes.length < this.#media!.copiesOf(recordingId)) return;
    const pauses = this.#pauses.get(recordingId) ?? [];
    const pause = pauses.at(-1);
    if (!pause) return;
    if (command === 'resume')
      for (const one of pauses)
        one.resumedMs = Math.min(one.resumedMs, this.excuses.gatesShut(this.#world.nowMs).toMs + pauseMsMax);
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

  /** When everything has come to its end: is there of everybody what there has to be? */
  judge(recordings: readonly FinishedRecording[]): void {
    const starts = this.excuses.starts();
    for (const need of this.#needs) this.#judgeNeed(need, recordings, starts);
    this.couples.judge(recordings);
  }

  #judgeNeed(need: Need, recordings: readonly FinishedRecording[], starts: readonly Span[]): void {
    const { callUuid, dn, recordingId } = need;
    const found = recordings.filter((one) => one.recordingId === recordingId && one.callUuid === callUuid);
    for (const { take, finishedMs } of found)
      if (finishedMs - need.toMs > this.lateMsMax && !this.excuses.isExcused(need.toMs, finishedMs))
        this.#world.breach(
          'what has ended is over',
          `take ${take.slice(0, 6)} of ${dn} in ${callUuid} was finished ${((finishedMs - need.toMs) / 1_000).toFixed(1)} s after its party had gone`,
        );
    const startMs = this.#startMs(need, starts);
    const wanted = { fromMs: startMs, toMs: Number.isFinite(need.toMs) ? need.toMs : this.#world.nowMs };
    if (wanted.toMs <= wanted.fromMs) return;
    const paused = this.#pausedOf(recordingId);
    const byGroup = ([0, 1] as const).map((group) => ({
      found: found.filter(({ host }) => this.#media!.groupOf(host) === group),
      excused: this.#excusedMedia(need, group),
    }));
    if (need.tenant !== this.#media!.duplicated) {
      this.#judgeCopy(need, wanted, found, [...byGroup[0]!.excused, ...paused]);
      return;
    }
    // Where something was wrong as it began, there may be one copy only.
    const mayBeSingle = starts.some(({ fromMs, toMs }) => fromMs <= startMs && need.fromMs <= toMs);
    const copies = byGroup.filter((one) => !mayBeSingle || one.found.some(hasAudio));
    const inAll = copies.length === 0 ? [] : copies.map(({ excused }) => excused).reduce(inBoth);
    this.#judgeCopy(need, wanted, found, [...inAll, ...paused]);
    if (mayBeSingle) return;
    for (const { found: copy, excused } of byGroup) this.#judgeCopy(need, wanted, copy, [...excused, ...paused]);
  }

  /** Both sides of what is wanted, but for what is excused, are in these recordings. */
  #judgeCopy(need: Need, wanted: Span, found: readonly FinishedRecording[], excused: readonly Span[]): void {
    const { dn, callUuid, recordingId } = need;
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
  #startMs({ fromMs }: Need, excuses: readonly Span[]): number {
    let startMs = fromMs + graceMs;
    for (let before = 0; before !== startMs; ) {
      before = startMs;
      for (const excuse of excuses) {
        if (excuse.fromMs <= startMs && excuse.toMs > fromMs) startMs = Math.max(startMs, excuse.toMs + graceMs);
      }
    }
    return startMs;
  }

  #excusedMedia({ recordingId, tenant, toMs: endMs }: Need, group: 0 | 1): Span[] {
    const hosts = this.#hosts.get(recordingId) ?? new Set();
    const isDuplicated = tenant === this.#media!.duplicated;
    return this.excuses.media.flatMap(({ host, fromMs, toMs, how }) => {
      if (host === undefined || !hosts.has(host)) return [];
      if (isDuplicated && this.#media!.groupOf(host) !== group) return [];
      const lastsMs = isDuplicated && how === 'for good' ? Math.max(toMs, endMs) : toMs;
      return [{ fromMs: fromMs - edgeMs, toMs: lastsMs + edgeMs }];
    });
  }

  #pausedOf(recordingId: string): Span[] {
    return (this.#pauses.get(recordingId) ?? []).map(({ askedMs, resumedMs }) => ({
      fromMs: askedMs,
      toMs: resumedMs + edgeMs,
    }));
  }
}

function hasAudio({ streams }: FinishedRecording): boolean {
  return streams.some(({ spans }) => spans.length > 0);
}

function inBoth(first: readonly Span[], second: readonly Span[]): Span[] {
  return first.flatMap((one) => second.flatMap((other) => overlap(one, other) ?? []));
}

function text({ fromMs, toMs }: Span): string {
  return `${(fromMs / 1_000).toFixed(3)}..${(toMs / 1_000).toFixed(3)} s`;
}
