// What cores tell of couples: each has one name, its parts are told as they are, and twins tell the same.

import type { CoupleWord } from '#actors/call';
import type { Couple } from '#src/recording';
import { consolidate } from '#src/recording/consolidate';
import { type Excuses, hearsAgainMs } from './excuses.ts';
import type { FinishedRecording } from './finished-recordings.ts';
import type { World } from './world.ts';

/** The last word of a core on a couple. */
export interface Told {
  readonly core: string;
  /** Which life of the core said it. */
  readonly life: number;
  readonly word: CoupleWord;
  readonly atMs: number;
  readonly firstMs: number;
  /** Whose couple it is: `tenant callUuid partyUuid`. */
  readonly party: string;
}

/** So many cores at least watch a DN; one more where it moves during a call. */
const watchers = 2;
/** What a journal may lose with the power. */
const unsyncedMs = 150;

export class CoupleLedger {
  readonly #world: World;
  readonly #excuses: Excuses;
  /** Whether a party is in its call. */
  readonly #isThere: (party: string) => boolean;
  /** The last word of each core on each couple. */
  readonly #couples = new Map<string, Map<string, Told>>();
  readonly #lives = new Map<string, number>();
  readonly #names = new Map<string, string>();

  constructor(world: World, excuses: Excuses, isThere: (party: string) => boolean) {
    this.#world = world;
    this.#excuses = excuses;
    this.#isThere = isThere;
  }

  /** The last word of each core on every couple. */
  get told(): readonly Told[] {
    return [...this.#couples.values()].flatMap((byCore) => [...byCore.values()]);
  }

  /** What cores have said in the life that lasts. */
  get toldInThisLife(): readonly Told[] {
    return this.told.filter(({ core, life }) => life === this.#lives.get(core));
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
  tells(core: string, word: CoupleWord): void {
    const { sid, isEnded } = word;
    const atMs = this.#world.nowMs;
    const life = this.#lives.get(core)!;
    const byCore = this.#couples.get(sid) ?? new Map<string, Told>();
    this.#couples.set(sid, byCore);
    const before = byCore.get(core);
    const party = before?.life === life ? before.party : this.#begun(core, word.couple);
    byCore.set(core, { core, life, word, atMs, firstMs: before?.firstMs ?? atMs, party });
    if (isEnded && this.#isThere(party))
      this.#world.breach('couples tell what is so', `${core} says that ${party} has left`);
  }

  /** The first word of a life of a core; gives whose couple it is. Its names do not change: they are looked at again at the end. */
  #begun(core: string, couple: Couple): string {
    const { tenant, callUuid, partyUuid } = couple;
    if (!callUuid.startsWith(`${tenant}-`))
      this.#world.breach('tenants are apart', `${core} tells ${tenant} of the call ${callUuid}`);
    this.#named(couple);
    return `${tenant} ${callUuid} ${partyUuid}`;
  }

  /** When everything has come to its end: each has ended with all its takes, and each take is in one of them, once all words are put together. */
  judge(recordings: readonly FinishedRecording[]): void {
    const finishedMs = new Map(recordings.map((one) => [one.take, one.finishedMs]));
    for (const { core, word } of this.told) {
      this.#named(word.couple);
      this.#judgeCouple(core, word.couple, finishedMs);
    }
    const sidsOfTakes = new Map<string, Set<string>>();
    for (const { sid, takes } of this.#together())
      for (const { take } of takes) sidsOfTakes.set(take, (sidsOfTakes.get(take) ?? new Set()).add(sid));
    for (const { take, recordingId, finishedMs: atMs } of recordings) {
      const { size } = sidsOfTakes.get(take) ?? new Set();
      if (size > 1 || (size === 0 && !this.#excuses.isUntold(atMs)))
        this.#world.breach(
          'no conversation twice',
          `take ${take.slice(0, 6)} of ${recordingId.slice(0, 6)} is in ${size} couples of all conversations`,
        );
    }
  }

  /** Where nothing was wrong, twins have the same couples, and both have them, of however many cores. */
  judgeTwins(): void {
    const { told } = this;
    for (const { sid, sameAs = [] } of this.#together()) {
      const all = told.filter(({ word }) => word.sid === sid || sameAs.includes(word.sid));
      const [fromMs, toMs] = [Math.min(...all.map(({ firstMs }) => firstMs)), Math.max(...all.map(({ atMs }) => atMs))];
      const { couple } = all[0]!.word;
      if (this.#excuses.isExcused(fromMs - hearsAgainMs, toMs)) continue;
      const words = all.map(({ word: one }) => alike(one.couple));
      if (words.length >= watchers && new Set(words).size === 1) continue;
      this.#world.breach(
        'twins have the same couples',
        `${couple.dn} in ${couple.callUuid}: ${all.map(({ core }, at) => `${core} ${words[at]}`).join(', ')}`,
      );
    }
  }

  /** The couples that are left when all words are put together. */
  #together(): readonly Couple[] {
    const facts = this.told.map(({ core, word: { couple } }) => ({
      type: 'couple' as const,
      writer: core,
      offset: 0,
      couple,
    }));
    return consolidate(facts).flatMap(({ couples }) => couples);
  }

  /** Of a couple that media began, the name is known once an event has named its party. */
  #named(couple: Couple): void {
    const { recordingId, tenant, callUuid, dn, partyUuid } = couple;
    if (partyUuid === undefined && couple.sameAs === undefined) return;
    const name = nameOf(couple);
    const keys = [
      `id ${recordingId}`,
      ...(partyUuid === undefined ? [] : [`party ${tenant} ${callUuid} ${dn} ${partyUuid}`]),
    ];
    for (const key of keys) {
      const known = this.#names.get(key);
      if (known !== undefined && known !== name)
        this.#world.breach('one couple, one sid', `${key} is ${known} and ${name}`);
      this.#names.set(key, name);
    }
  }

  #judgeCouple(core: string, couple: Couple, finishedMs: ReadonlyMap<string, number>): void {
    const { sid, phase, takes, dn, callUuid } = couple;
    const running = takes.filter(({ take, phase: stands }) => {
      // Made while this core was not there to hear of it, or never: then it only has ended.
      const isMade = finishedMs.has(take) && !this.#excuses.isUntold(finishedMs.get(take)!, core);
      return stands === 'running' || (stands === 'ended' && isMade);
    });
    if (phase !== 'ended' || running.length > 0)
      this.#world.breach(
        'what has ended is over',
        `couple ${sid.slice(0, 6)} of ${dn} in ${callUuid} is ${phase} at ${core}, ${running.length} of its takes are not finished`,
      );
  }
}

/** The sid that events give it. */
function nameOf({ sid, sameAs = [] }: Couple): string {
  return sameAs[0] ?? sid;
}

/** What twins have to agree upon; when they heard of it differs. */
function alike({ recordingId, dn, otherDn, phase, takes, standing, problem, status }: Couple): string {
  const ended = takes.map(({ take, phase: stands }) => `${take} ${stands}`).sort();
  return JSON.stringify([recordingId, dn, otherDn, phase, ended, standing, problem, status?.audio]);
}
