// What is attached to a call while it goes on, as a table of what happens.

import { describe, expect, it } from 'vitest';
import { apply, type CallEffect, type CallFact, type CallMessage, type CallState, decide, recover } from '#actors/call';
import { parseConfig } from '#src/config';
import { metadataSchema } from '#src/metadata';
import type { Couple, SessionNews } from '#src/recording';
import { parseRules, RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const connId = '0071022ec8ac8056';
const settings = {
  mediaMsMax: 10_000,
  lingerMs: 5_000,
  enquireMs: 10_000,
  packetsMin: 40,
  afterCallWorkMsMax: 60_000,
  metadata: metadataSchema.parse({}),
  asking: {},
  notification,
  rules: new RuleBook(rulesOfDns(['3556'])),
  keepMs: 60_000,
  ...acting,
};
const keys = { RECORDING_STATUS_GIM: 'RECORDING_NO', RECORDING_VIDEO_STATUS_GIM: 'RECORDING_NO' };
const audio = (value: string) => ({ RECORDING_STATUS_GIM: `RECORDING_${value}` });

function news(more: Partial<SessionNews> = {}): SessionNews {
  const dialog = { callId: 'c', fromTag: 't', phase: 'answered', source: 'udp/x', invitedMs: 1, metadata: {} } as const;
  return {
    take: 't1',
    recordingId: 'r1',
    tenant: 'acme',
    node: 'n1',
    form: 'msr',
    phase: 'recording',
    callUuid: name.callUuid,
    recordDn: '3556',
    startedMs: 1,
    paused: false,
    pauses: [],
    dialogs: [{ dialog: 'd', dn: '3556', ...dialog }],
    streams: [],
    ...more,
  };
}

class Told {
  state: CallState | undefined;
  facts: CallFact[] = [];
  readonly attached: CallEffect[] = [];
  couple: Couple | undefined;
  readonly #settings: typeof settings;

  constructor(change: Partial<typeof notification> = {}, rules = settings.rules) {
    this.#settings = { ...settings, rules, notification: { ...notification, ...change } };
  }

  hear(...messages: CallMessage[]): this {
    for (const message of messages) {
      const decision = decide(this.state, message, 1_000, name, this.#settings);
      this.state = decision.state;
      this.facts.push(...decision.facts);
      for (const effect of decision.effects) {
        if (effect.type === 'attach') this.attached.push(effect);
        if (effect.type === 'tell') this.couple = effect.word.couple;
      }
    }
    return this;
  }

  /** Everything attached, in its order. */
  get data() {
    return this.attached.map((effect) => (effect.type === 'attach' ? effect.data : {}));
  }

  get recovered() {
    return recover(this.state!, this.#settings);
  }
}

const party = (what: 'ringing' | 'established' | 'released' | 'seen' | 'data-changed', more = {}): CallMessage => ({
  type: 'party',
  event: { what, dn: '3556', connId, atMs: 1_000, partyUuid: 'P1', otherDn: '0412', ...more },
});
const session = (more: Partial<SessionNews> = {}): CallMessage => ({ type: 'session', news: news(more) });
const talking = [party('ringing'), party('established')];

describe('what is attached to a call', () => {
  it.each<[string, CallMessage[], object[]]>([
    ['nothing while it only rings', [party('ringing')], []],
    [
      'that it is not recorded, where no rule wants it',
      [party('ringing', { dn: '3557' }), party('established', { dn: '3557' })],
      [keys],
    ],
    ['that it is recorded, once its media is', [...talking, session()], [keys, audio('YES')]],
    ['not before the recorder has answered', [...talking, session({ dialogs: [] })], [keys]],
    [
      'no more while it is paused',
      [...talking, session(), session({ paused: true })],
      [keys, audio('YES'), audio('NO_LONGER')],
    ],
    [
      'again when it is resumed',
      [...talking, session(), session({ paused: true }), session()],
      [keys, audio('YES'), audio('NO_LONGER'), audio('YES')],
    ],
    [
      'no more when it was stopped and the call goes on',
      [...talking, session(), session({ phase: 'finished', endedMs: 5 })],
      [keys, audio('YES'), audio('NO_LONGER')],
    ],
    [
      'undefined when its recorder is gone',
      [...talking, session(), { type: 'takes-lost', takes: ['t1'] }],
      [keys, audio('YES'), audio('UNDEFINED')],
    ],
    [
      'that another recorder has it all the same',
      [...talking, session(), session({ take: 't2' }), { type: 'takes-lost', takes: ['t1'] }],
      [keys, audio('YES')],
    ],
    ['nothing to a call that is over', [...talking, party('released'), session()], [keys]],
    [
      'nothing twice, whatever is told again',
      [...talking, session(), session(), party('established')],
      [keys, audio('YES')],
    ],
    ['nothing that a twin has attached', [party('ringing', { userData: keys }), party('established')], []],
    [
      'again what the server has lost',
      [...talking, session(), party('seen', { userData: keys })],
      [keys, audio('YES'), audio('YES')],
    ],
  ])('R-NOT-1: %s', (_, messages, expected) => {
    const told = new Told().hear(...messages);
    expect(told.data).toEqual(expected);
    expect(told.facts.reduce<CallState | undefined>(apply, undefined)).toEqual(told.state);
  });

  it('R-NOT-1: goes through the DN of the recorded party, under the ConnID its call has', () => {
    const told = new Told().hear(...talking);
    expect(told.attached[0]).toMatchObject({ type: 'attach', dn: '3556', connId });
  });

  it('R-NOT-1: has the keys and values of the tenant; audio and video are switched one by one', () => {
    const own = { audioKey: 'REC', audioKeyOptional: '', notRecording: 'nein', recording: 'ja', video: false };
    expect(new Told(own).hear(...talking, session()).data).toEqual([{ REC: 'nein' }, { REC: 'ja' }]);
    expect(new Told({ audio: false }).hear(...talking, session()).data).toEqual([
      { RECORDING_VIDEO_STATUS_GIM: 'RECORDING_NO' },
    ]);
    expect(new Told({ audio: false, video: false }).hear(...talking, session()).data).toEqual([]);
  });

  it('R-NOT-1, R-RUL-5: what is pre-recorded, until somebody asks to keep it', () => {
    const rules = new RuleBook(parseRules('admin: {rules: [{name: r, policy: pre-record}]}', 'rules.yaml'));
    const told = new Told({ video: false }, rules).hear(...talking);
    told.hear(session({ recordingId: told.couple!.recordingId }));
    told.hear({ type: 'command', command: 'keep', sid: told.couple!.sid, by: 'smith' });
    expect(told.data).toEqual([audio('NO'), audio('PRERECORD'), audio('YES')]);
  });

  it('R-NOT-2: every word on a couple has a number of its own, the same after a crash', () => {
    const told = new Told().hear(...talking, session(), session({ paused: true }), session());
    expect(told.couple!.status).toEqual({ n: 4, atMs: 1_000, audio: 'recording', video: 'not-recording' });
    const words = told.recovered.flatMap((effect) => (effect.type === 'tell' ? [effect] : []));
    expect(words).toMatchObject([{ word: { statusN: 4, couple: told.couple }, isOurs: true }]);
  });
});
