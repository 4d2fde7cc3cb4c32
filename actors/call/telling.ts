// Collects what comes of one message: facts, which move the state as they come, and effects. At its end follows what every change
// brings with it: couples are told, notices given, a call that has become quiet lingers. Pure.

import type { CallEffect, CallFact, CallName, Notice } from './call.protocol.ts';
import { coupleWord } from './couple-word.ts';
import { attachmentOf, noticeOfCouple } from './notice.ts';
import { isQuiet, lingerMsOf } from './quiet.ts';
import { partyOf } from './recorded-party.ts';
import { isOurs } from './requests.ts';
import { isSame } from './same.ts';
import type { CallSettings } from './settings.ts';
import { apply, type CallState, type CoupleState } from './state.ts';

/** The outcome of a decision: the next state is the fold of `facts` over the old one. */
export interface Decision {
  readonly state: CallState;
  readonly facts: readonly CallFact[];
  readonly effects: readonly CallEffect[];
}

export class Telling {
  state: CallState;
  readonly #before: CallState | undefined;
  readonly #facts: CallFact[] = [];
  readonly #effects: CallEffect[] = [];
  readonly #nowMs: number;

  constructor(state: CallState | undefined, nowMs: number, name: CallName) {
    this.#before = state;
    this.#nowMs = nowMs;
    if (state) this.state = state;
    else {
      const began: CallFact = { type: 'began', atMs: nowMs, ...name };
      this.#facts.push(began);
      this.state = apply(undefined, began);
    }
  }

  fact(fact: CallFact extends infer F ? (F extends CallFact ? Omit<F, 'atMs'> : never) : never): void {
    const dated = { ...fact, atMs: this.#nowMs } as CallFact;
    this.#facts.push(dated);
    this.state = apply(this.state, dated);
  }

  effect(effect: CallEffect): void {
    this.#effects.push(effect);
  }

  /** `due`: what our twin has had the time to attach. */
  decision(settings: CallSettings, due?: Notice): Decision {
    // Much of what a telephony server tells changes nothing.
    if (this.state === this.#before && !due) return { state: this.state, facts: [], effects: this.#effects };
    this.#notice(settings, due);
    const { state } = this;
    for (const couple of state.couples.values()) {
      if (couple !== this.#before?.couples.get(couple.sid) || partyOf(state, couple) !== this.#partyBefore(couple)) {
        const word = coupleWord(state, couple, settings);
        this.#effects.push({ type: 'tell', word, isOurs: isOurs(couple, settings) });
      }
    }
    const lingerMs = (call: CallState | undefined) => call && isQuiet(call) && lingerMsOf(call, settings);
    const ms = lingerMs(state);
    if (state.phase === 'over') this.#effects.push({ type: 'forget' });
    else if (ms && ms !== lingerMs(this.#before)) this.#effects.push({ type: 'linger', ms });
    return { state, facts: this.#facts, effects: this.#effects };
  }

  /** What others are to be told of recordings, if that has changed. */
  #notice({ notification, duty, twinWaitMs }: CallSettings, due: Notice | undefined): void {
    for (const couple of this.state.couples.values()) {
      const { audio, video } = noticeOfCouple(couple);
      if (couple.status?.audio !== audio || couple.status.video !== video)
        this.fact({ type: 'status', sid: couple.sid, audio, video });
    }
    const isResynced = this.#facts.some((fact) => fact.type === 'party' && fact.event.what === 'seen');
    const attachment = attachmentOf(this.state, notification, isResynced, duty);
    if (!attachment) return;
    const { notice, effect } = attachment;
    if (!effect && isSame(notice, this.state.notified)) return;
    if (effect && duty(effect.dn).phase === 'stands-by' && !isSame(notice, due)) {
      this.effect({ type: 'await-notice', notice, ms: twinWaitMs });
      return;
    }
    this.fact({ type: 'notified', ...notice });
    if (effect) this.effect(effect);
  }

  #partyBefore(couple: CoupleState) {
    return this.#before && partyOf(this.#before, couple);
  }
}
