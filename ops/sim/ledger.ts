// What is true of a run, kept by those who cause it: who had to be recorded when, when card data was said, and what excuses a gap.
// Judges what was recorded by it, never by what the recorders believe.

import type { CoupleWord } from '#actors/call';
import type { Calls } from '#ops/lab/sip-server';
import { recordingIdOf } from '#src/ids';
import type { StatusEvent } from '#src/notification';
import type { Couple } from '#src/recording';
import type { Mandate } from '#src/shards';
import { EpochLedger } from './epoch-ledger.ts';
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

/** What the ledger asks of the media server and its recorders. */
export interface Media {
  /** The tenant whose calls are recorded twice. */
  readonly duplicated: string | undefined;
  readonly groupOf: (host: string) => 0 | 1;
  /** How many recorders have a recording now. */
  readonly copiesOf: (recordingId: string) => number;
}

/** The last word of a core on a couple. */
export interface Told {
  readonly core: string;
  /** Which life of the core said it. */
  readonly life: number;
  readonly word: CoupleWord;
  readonly atMs: number;
  readonly firstMs: number;
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
/** How long after an excuse a core may go on to hear what it missed. */
const hearsAgainMs = 2_500;
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
  #media: Media | undefined;
  readonly #needs: Need[] = [];
  readonly #open = new Map<string, Need>();
  readonly #excuses: Excuse[] = [];
  readonly #pauses = new Map<string, Pause[]>();
  readonly #cards = new Map<string, { fromMs: number; toMs: number }[]>();
  readonly #hosts = new Map<string, Set<string>>();
  /** The last word of each core on each couple. */
  readonly #couples = new Map<string, Map<string, Told>>();
  /** Couples of parties of whom no event had told the core that began them: it cannot name them as its twin does. */
  readonly #nameless = new Set<string>();
  readonly #lives = new Map<string, number>();
  readonly #sids = new Map<string, string>();
  readonly #epochs: EpochLedger;
  readonly #notices: NoticeLedger;

  /** `movedMs`: when a lease last went to another core. */
  constructor(world: World, movedMs: () => number) {
    this.#world = world;
    const isDisturbed = (fromMs: number, toMs: number) =>
      this.#excuses.some((one) => one.what === 'leases' && one.fromMs <= toMs && fromMs <= one.toMs);
    this.#epochs = new EpochLedger(world, isDisturbed);
    const isExcused = (fromMs: number, toMs: number) => this.isExcused(fromMs, toMs);
    this.#notices = new NoticeLedger(world, isExcused, movedMs);
  }

  knowMedia(media: Media): void {
    this.#media = media;
  }

  /** The last word of each core on every couple. */
  get told(): readonly Told[] {
    return [...this.#couples.values()].flatMap((byCore) => [...byCore.values()]);
  }

  /** What cores have said in the life that lasts. */
  get toldInThisLife(): readonly Told[] {
    return this.told.filter(({ core, life }) => life === this.#lives.get(core));
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
    const pause: Pause = { askedMs: this.#gatesShut().fromMs, resumedMs: Number.POSITIVE_INFINITY, phase: 'wanted' };
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
      for (const one of pauses) one.resumedMs = Math.min(one.resumedMs, this.#gatesShut().toMs + pauseMsMax);
    if (command !== 'pause' || pause.phase === 'over' || this.isPauseConfirmed(recordingId)) return;
    const cards = this.#cards.get(recordingId) ?? [];
    this.#cards.set(recordingId, cards);
    cards.push({ fromMs: this.#world.nowMs + pauseMsMax, toMs: Number.POSITIVE_INFINITY });
  }

  /** While no gate can be closed or opened: a pause counts from its beginning, a resume from its end. */
  #gatesShut(): Span {
    const { nowMs } = this.#world;
    const shut = this.#excuses.filter(({ what, fromMs, toMs }) => what === 'gates' && fromMs <= nowMs && nowMs <= toMs);
    return {
      fromMs: Math.min(nowMs, ...shut.map(({ fromMs }) => fromMs)),
      toMs: Math.max(nowMs, ...shut.map(({ toMs }) => toMs)),
    };
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

  coreBegins(core: string): void {
    this.#lives.set(core, (this.#lives.get(core) ?? 0) + 1);
  }

  /** A core has lost its power: of what it had just begun it may know nothing any more. */
  powerLost(core: string): void {
    for (const byCore of this.#couples.values())
      if (this.#world.nowMs - (byCore.get(core)?.firstMs ?? 0) < unsyncedMs) byCore.delete(core);
  }

  /** A core tells of a couple. */
  coupleTold(core: string, word: CoupleWord): void {
    const { sid, isEnded } = word;
    const atMs = this.#world.nowMs;
    const life = this.#lives.get(core)!;
    const byCore = this.#couples.get(sid) ?? new Map<string, Told>();
    this.#couples.set(sid, byCore);
    const before = byCore.get(core);
    byCore.set(core, { core, life, word, atMs, firstMs: before?.firstMs ?? atMs });
    // Its names do not change: they are looked at again at the end.
    if (before?.life === life && !isEnded) return;
    const { tenant, callUuid, dn, partyUuid } = word.couple;
    if (partyUuid === undefined) this.#nameless.add(sid);
    if (isEnded && this.#open.has(`${tenant} ${callUuid} ${partyUuid}`))
      this.#world.breach('couples tell what is so', `${core} says that ${dn} has left ${callUuid}`);
    if (!callUuid.startsWith(`${tenant}-`))
      this.#world.breach('tenants are apart', `${core} tells ${tenant} of the call ${callUuid}`);
    this.#named(word.couple);
  }

  /** When everything has come to its end: is there of everybody what there has to be? */
  judge(recordings: readonly FinishedRecording[]): void {
    const starts = this.#startsExcused();
    for (const need of this.#needs) this.#judgeNeed(need, recordings, starts);
    const finishedMs = new Map(recordings.map((one) => [one.take, one.finishedMs]));
    const sidsOfTakes = new Map<string, Set<string>>();
    for (const { core, word } of this.told) {
      const { couple } = word;
      this.#named(couple);
      this.#judgeCouple(core, couple, finishedMs);
      if (this.#nameless.has(couple.sid)) continue;
      for (const { take } of couple.takes) sidsOfTakes.set(take, (sidsOfTakes.get(take) ?? new Set()).add(couple.sid));
    }
    for (const { take, recordingId, finishedMs: atMs } of recordings) {
      const { size } = sidsOfTakes.get(take) ?? new Set();
      if (size > 1 || (size === 0 && !this.#isUntold(atMs)))
        this.#world.breach(
          'one couple, one sid',
          `take ${take.slice(0, 6)} of ${recordingId.slice(0, 6)} is in ${size} couples`,
        );
    }
  }

  /** Where nothing was wrong, twins have the same couples, and both have them. */
  judgeTwins(): void {
    for (const byCore of this.#couples.values()) {
      const all = [...byCore.values()];
      const { word, firstMs, atMs } = all[0]!;
      const { couple } = word;
      if (this.#nameless.has(word.sid) || this.isExcused(firstMs - hearsAgainMs, atMs)) continue;
      const words = all.map(({ word: one }) => alike(one.couple));
      if (words.length === this.#lives.size && new Set(words).size === 1) continue;
      this.#world.breach(
        'twins have the same couples',
        `${couple.dn} in ${couple.callUuid}: ${all.map(({ core }, at) => `${core} ${words[at]}`).join(', ')}`,
      );
    }
  }

  /** Whether anything was wrong in that time. */
  isExcused(fromMs: number, toMs: number): boolean {
    return this.#excuses.some((one) => one.fromMs <= toMs && fromMs <= Math.min(one.toMs, one.fromMs + 60_000));
  }

  #named({ sid, recordingId, tenant, callUuid, dn, partyUuid }: Couple): void {
    if (this.#nameless.has(sid)) return;
    for (const key of [`id ${recordingId}`, `party ${tenant} ${callUuid} ${dn} ${partyUuid}`]) {
      const known = this.#sids.get(key);
      if (known !== undefined && known !== sid)
        this.#world.breach('one couple, one sid', `${key} is ${known} and ${sid}`);
      this.#sids.set(key, sid);
    }
  }

  #judgeCouple(core: string, couple: Couple, finishedMs: ReadonlyMap<string, number>): void {
    const { sid, phase, takes, dn, callUuid } = couple;
    const running = takes.filter(({ take, phase: stands }) => {
      // Made while this core was not there to hear of it, or never: then it only has ended.
      const isMade = finishedMs.has(take) && !this.#isUntold(finishedMs.get(take)!, core);
      return stands === 'running' || (stands === 'ended' && isMade);
    });
    if (phase !== 'ended' || running.length > 0)
      this.#world.breach(
        'what has ended is over',
        `couple ${sid.slice(0, 6)} of ${dn} in ${callUuid} is ${phase} at ${core}, ${running.length} of its takes are not finished`,
      );
  }

  /** Whether that core, or any, may not have heard of it. */
  #isUntold(atMs: number, core?: string): boolean {
    const covers = ({ fromMs, toMs }: Excuse) => fromMs <= atMs && atMs <= toMs + hearsAgainMs;
    const away = new Set(this.#excuses.filter((one) => one.what === 'core' && covers(one)).map(({ host }) => host));
    const isAway = core === undefined ? away.size > 1 : away.has(core);
    return isAway || this.#excuses.some((one) => one.what === 'news' && covers(one));
  }

  #judgeNeed(need: Need, recordings: readonly FinishedRecording[], starts: readonly Span[]): void {
    const { callUuid, dn, recordingId } = need;
    const found = recordings.filter((one) => one.recordingId === recordingId && one.callUuid === callUuid);
    for (const { take, finishedMs } of found)
      if (finishedMs - need.toMs > this.lateMsMax && !this.isExcused(need.toMs, finishedMs))
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
    const [first, second] = byGroup.map(({ excused }) => excused) as [Span[], Span[]];
    const inBoth = first.flatMap((one) => second.flatMap((other) => overlap(one, other) ?? []));
    this.#judgeCopy(need, wanted, found, [...inBoth, ...paused]);
    // Where something was wrong as it began, there may be one copy only.
    if (starts.some(({ fromMs, toMs }) => fromMs <= startMs && need.fromMs <= toMs)) return;
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

  /** When recordings need not begin: while something is wrong that any core stands on, or two cores are away. */
  #startsExcused(): Span[] {
    const away = this.#excuses.filter(({ what }) => what === 'core');
    const both = away.flatMap((one, at) =>
      away.slice(at + 1).flatMap((other) => (one.host === other.host ? [] : (overlap(one, other) ?? []))),
    );
    return [...this.#excuses.filter(({ what }) => what === 'starts'), ...both];
  }

  #excusedMedia({ recordingId, tenant, toMs: endMs }: Need, group: 0 | 1): Span[] {
    const hosts = this.#hosts.get(recordingId) ?? new Set();
    const isDuplicated = tenant === this.#media!.duplicated;
    return this.#excuses.flatMap(({ what, host, fromMs, toMs, how }) => {
      if (what !== 'media' || host === undefined || !hosts.has(host)) return [];
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

/** What twins have to agree upon; when they heard of it differs. */
function alike({ recordingId, dn, otherDn, phase, takes, standing, problem, status }: Couple): string {
  const ended = takes.map(({ take, phase: stands }) => `${take} ${stands}`).sort();
  return JSON.stringify([recordingId, dn, otherDn, phase, ended, standing, problem, status?.audio]);
}

function text({ fromMs, toMs }: Span): string {
  return `${(fromMs / 1_000).toFixed(3)}..${(toMs / 1_000).toFixed(3)} s`;
}
