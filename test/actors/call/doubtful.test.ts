// What is done about events that were lost: the telephony server is asked, and what could not be asked for is asked for again.

import { describe, expect, it } from 'vitest';
import { type CallEffect, type CallMessage, type CallState, decide, type PartyHappening } from '#actors/call';
import { parseConfig } from '#src/config';
import { coupleId, recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import type { Couple, SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const named = { tenant: 'acme', callUuid: name.callUuid, dn: '3556', partyUuid: 'P1' };
const [sid, recordingId] = [coupleId(named), recordingIdOf(named, 'sw')];
const waits = {
  mediaMsMax: 10_000,
  lingerMs: 5_000,
  enquireMs: 10_000,
  afterCallWorkMsMax: 60_000,
  keepMs: 60_000,
  ...acting,
};
const notification = { ...parseConfig('', 'defaults').core.tenantDefaults.notification, audio: false, video: false };
const rules = new RuleBook(rulesOfDns([]));
const settings = { ...waits, packetsMin: 40, metadata: metadataSchema.parse({}), asking: {}, notification, rules };

class Told {
  readonly #rules: RuleBook;
  state: CallState | undefined;
  effects: readonly CallEffect[] = [];
  starts = 0;
  couple: Couple | undefined;

  constructor(wanted: 'all' | 'none' = 'all') {
    this.#rules = wanted === 'all' ? rules : new RuleBook(rulesOfDns(['9999']));
  }

  hear(message: CallMessage, nowMs = 1_000): this {
    const { state, effects } = decide(this.state, message, nowMs, name, { ...settings, rules: this.#rules });
    this.state = state;
    this.effects = effects.filter(({ type }) => type !== 'tell');
    for (const effect of effects) {
      if (effect.type === 'tell') this.couple = effect.word.couple;
      if (effect.type === 'private-service' && effect.service === 'start') this.starts += 1;
    }
    return this;
  }

  party(what: PartyHappening): this {
    const event = { what, dn: '3556', connId: '0071022ec8ac8056', atMs: 1_000, partyUuid: 'P1', otherDn: '0412' };
    return this.hear({ type: 'party', event });
  }

  session(phase: SessionNews['phase'], more: Partial<SessionNews> = {}): this {
    const ended = phase === 'finished' ? { endedMs: 9_000 } : {};
    const of = { take: 't1', recordingId, tenant: 'acme', node: 'n1', form: 'msr', recordDn: '3556' } as const;
    const rest = { startedMs: 1_500, paused: false, pauses: [], dialogs: [], streams: [], callUuid: name.callUuid };
    return this.hear({ type: 'session', news: { ...of, ...rest, ...ended, phase, ...more } });
  }
}

const recorded = () => new Told().party('established').hear({ type: 'accepted', sid }).session('recording');

describe('a call of which events were lost', () => {
  it.each<[string, (told: Told) => void]>([
    ['it rings, and nobody says whether it was answered', (told) => told.party('ringing')],
    ['it talks, and nothing is recorded of it', (told) => told.party('established')],
    [
      'its recording has come to its end, and it has not been released',
      (told) => told.party('established').session('finished'),
    ],
    ['media came that no event explains', (told) => told.session('recording')],
  ])('R-CTI-3: the telephony server is asked about a party when %s', (_, happen) => {
    const told = new Told();
    happen(told);
    expect(told.hear({ type: 'enquiry-due' }).effects).toEqual([
      { type: 'enquire', dn: '3556' },
      { type: 'await-enquiry', ms: 10_000 },
    ]);
  });

  it('R-CTI-3: nothing is asked about a party that is recorded, or has gone', () => {
    const told = recorded().hear({ type: 'enquiry-due' });
    expect(told.effects).toEqual([{ type: 'await-enquiry', ms: 10_000 }]);
    told.party('released').hear({ type: 'enquiry-due' });
    expect(told.effects).toEqual([{ type: 'await-enquiry', ms: 10_000 }]);
  });

  it('R-CTI-3: about a party that nobody wants recorded it is asked ever more rarely, so that it is forgotten when its end was lost', () => {
    const told = new Told('none').party('established');
    const asked = Array.from({ length: 40 }, (_, round) => {
      const { effects } = told.hear({ type: 'enquiry-due' }, 1_000 + (round + 1) * 10_005);
      return effects.some(({ type }) => type === 'enquire') ? [round + 1] : [];
    });
    expect(asked.flat()).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it('R-CTI-3: what could not be asked for while the server was away is asked for when it tells of the party again', () => {
    const told = new Told().party('established');
    told.hear({ type: 'refused', sid, code: 'cti-unreachable', detail: 'the link is down' });
    expect(told.couple?.problem).toBe('NO_STREAMS');
    told.party('seen').hear({ type: 'accepted', sid });
    expect(told.starts).toBe(2);
    expect(told.couple).toMatchObject({
      request: { phase: 'accepted', why: expect.not.stringContaining('cti-unreachable') },
      problem: 'NO_PROBLEM',
    });
  });

  it('R-CTI-3: what the server would not do, or what is recorded all the same, is not asked for again', () => {
    const refused = new Told().party('established');
    refused.hear({ type: 'refused', sid, code: 'cti-refused', detail: '50' }).party('seen');
    expect(refused.starts).toBe(1);
    const lost = recorded().hear({ type: 'refused', sid, code: 'cti-timed-out', detail: '' }).party('seen');
    expect(lost.starts).toBe(1);
  });

  it('R-RUL-5: what somebody else has recorded of a party that only rings is no take of who is asked for already', () => {
    const event = { what: 'ringing', dn: '0412', connId: '0071022ec8ac8056', atMs: 1_000, otherDn: '3556' } as const;
    const told = new Told().party('established').hear({ type: 'party', event });
    told.session('recording', { take: 't9', recordingId: 'theirs', recordDn: '0412' }).session('recording');
    const takes = [...told.state!.couples.values()].map(({ dn, sessions }) => [dn, ...sessions.keys()]);
    expect(takes).toEqual([
      ['3556', 't1'],
      ['0412', 't9'],
    ]);
  });

  it('R-RUL-5: nor of who was not asked for, because somebody else has it recorded, too', () => {
    const event = { what: 'ringing', dn: '0412', connId: '0071022ec8ac8056', atMs: 1_000, otherDn: '3556' } as const;
    const told = new Told().party('established').hear({ type: 'party', event }).session('recording');
    told.hear({ type: 'refused', sid, code: 'cti-refused', detail: 'error 50' });
    told.session('recording', { take: 't9', recordingId: 'theirs', recordDn: '0412' });
    expect([...told.state!.couples.values()].map(({ sessions }) => sessions.size)).toEqual([1, 1]);
  });

  it('R-CTI-1: of which only its end was told is no couple, and the log says so', () => {
    const told = new Told().party('released');
    expect(told.couple).toBeUndefined();
    expect(told.effects).toContainEqual({ type: 'never-told', dn: '3556', why: expect.any(String) });
  });
});
