// Rules over the life of a call: what is asked of the telephony server and of recorders as more becomes known.

import { describe, expect, it } from 'vitest';
import {
  apply,
  type CallFact,
  type CallMessage,
  type CallState,
  decide,
  type PartyEvent,
  type PartyHappening,
  recover,
  ruleCallOf,
} from '#actors/call';
import { parseConfig } from '#src/config';
import { coupleId, recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import { type Couple, coupleSchema, type SessionNews } from '#src/recording';
import { parseRules, RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const notification = { ...parseConfig('', 'defaults').core.tenantDefaults.notification, audio: false, video: false };
const named = { tenant: 'acme', callUuid: name.callUuid, dn: '3556', partyUuid: 'P1' };
const [sid, recordingId] = [coupleId(named), recordingIdOf(named, 'sw')];

/** A call under these rules, told one happening after the other. */
class RuledCall {
  state: CallState | undefined;
  readonly facts: CallFact[] = [];
  /** What was asked of others, in order: `start`, `stop`, `order stop`, `destroy t1`, `await-keep`. */
  readonly asked: string[] = [];
  couple: Couple | undefined;
  nowMs = 1_000;
  readonly settings;

  constructor(rules: string) {
    const waits = {
      mediaMsMax: 10_000,
      lingerMs: 5_000,
      enquireMs: 10_000,
      afterCallWorkMsMax: 60_000,
      keepMs: 60_000,
      ...acting,
      asking: {},
      notification,
    };
    const book = new RuleBook(rules === '' ? rulesOfDns([]) : parseRules(rules, 'rules.yaml'));
    this.settings = { ...waits, packetsMin: 40, metadata: metadataSchema.parse({}), rules: book };
  }

  hear(message: CallMessage): this {
    this.nowMs += 1_000;
    const { state, facts, effects } = decide(this.state, message, this.nowMs, name, this.settings);
    this.state = state;
    this.facts.push(...facts);
    for (const effect of effects) {
      if (effect.type === 'tell') this.couple = coupleSchema.parse(effect.word.couple);
      else if (effect.type === 'private-service') this.asked.push(effect.service);
      else if (effect.type === 'order') this.asked.push(`order ${effect.command}`);
      else if (effect.type === 'destroy') this.asked.push(`destroy ${effect.take}`);
      else if (effect.type === 'await-keep' || effect.type === 'forget') this.asked.push(effect.type);
    }
    return this;
  }

  party(what: PartyHappening, userData?: Record<string, string>, more: Partial<PartyEvent> = {}): this {
    const told = { callType: 'inbound', otherDn: '0412', ani: '0412', dnis: '800', partyUuid: 'P1' } as const;
    const event = {
      what,
      dn: '3556',
      connId: '0071022ec8ac8056',
      atMs: this.nowMs,
      ...told,
      ...(userData && { userData }),
    };
    return this.hear({ type: 'party', event: { ...event, ...more } });
  }

  session(phase: SessionNews['phase'], more: Partial<SessionNews> = {}, isElsewhere = false): this {
    const streams = ['3556', '0412'].map((party) => {
      return { stream: party, dialog: 'd', party, phase: 'closed' as const, codecs: ['PCMU'], packets: 100 };
    });
    const news = { take: 't1', recordingId, tenant: 'acme', node: 'n1', form: 'msr', recordDn: '3556' } as const;
    const times = { startedMs: 1_500, ...(phase === 'finished' && { endedMs: 9_000, folder: 'f' }) };
    const rest = { callUuid: name.callUuid, paused: false, pauses: [], dialogs: [], streams };
    return this.hear({ type: 'session', news: { ...news, ...rest, ...times, phase, ...more }, isElsewhere });
  }

  get why(): string[] {
    return this.facts.flatMap((fact) => (fact.type === 'stands' ? [`${fact.standing}: ${fact.why}`] : []));
  }
}

const noCards = `
admin:
  rules: [{name: no cards, policy: do-not-record, data: {Card: '*'}}]
  groups: [{name: Gold, rules: [{name: all, policy: record, data: {Segment: gold}}]}]`;
const preRecord = 'admin: {rules: [{name: sample, policy: pre-record, direction: [inbound]}]}';

describe('the rules and a call', () => {
  it('R-RUL-3, R-RUL-5: a call is started when the data comes that a rule waits for', () => {
    const call = new RuledCall(noCards).party('ringing').party('established');
    expect(call.asked).toEqual([]);
    call.party('data-changed', { Segment: 'gold' });
    expect(call.asked).toEqual(['start']);
    expect(call.couple).toMatchObject({
      standing: 'recording',
      request: { by: 'rule', why: 'record: Admin / Gold / all' },
    });
  });

  it('R-RUL-5: a do-not-record rule stops a recording of ours, and destroys it when it is finished', () => {
    const call = new RuledCall(noCards).party('established', { Segment: 'gold' }).session('recording');
    call.party('data-changed', { Segment: 'gold', Card: '4111' });
    expect(call.asked).toEqual(['start', 'order stop', 'stop']);
    expect(call.couple).toMatchObject({ standing: 'discarded', problem: 'ALL_STREAM_DELETED' });
    expect(call.why).toEqual(['discarded: do-not-record: Admin / no cards']);
    call.session('finished').hear({ type: 'destroyed', sid, take: 't1' });
    expect(call.asked.slice(3)).toEqual(['destroy t1']);
    expect(call.couple!.takes[0]!.streams).toHaveLength(2);
  });

  it.each(['before its media', 'after its media'])(
    'R-RUL-5: a do-not-record rule wins over the option of the DN; the event comes %s',
    (order) => {
      const call = new RuledCall(noCards);
      const data = { Card: '4111', GSIP_RECORD: 'ON' };
      if (order === 'before its media') call.party('established', data).session('recording', { recordingId: 'theirs' });
      else call.session('recording', { recordingId: 'theirs' }).party('established', data);
      expect(call.asked).toEqual(['order stop', 'stop']);
      expect(call.couple).toMatchObject({ standing: 'discarded', recordingId: 'theirs', request: { by: 'other' } });
    },
  );

  it('R-RUL-5: the option of a DN records until the data is known that a rule forbids', () => {
    const call = new RuledCall(noCards).party('established', { GSIP_RECORD: 'ON' });
    call.session('recording', { recordingId: 'theirs' });
    expect(call.couple).toMatchObject({ standing: 'recording', request: { by: 'other' } });
    call.party('data-changed', { Card: '4111' });
    expect(call.asked).toEqual(['order stop', 'stop']);
  });

  it('R-RUL-5: what somebody else starts again after it was discarded is stopped again', () => {
    const call = new RuledCall(noCards).party('established', { Card: '1' }).session('recording', { recordingId: 'a' });
    call.session('recording', { take: 't2', recordingId: 'a' });
    expect(call.asked).toEqual(['order stop', 'stop', 'order stop', 'stop']);
  });

  it('R-RUL-5: what others have started is kept where no rule is about it', () => {
    const call = new RuledCall(noCards).party('established').session('recording', { recordingId: 'theirs' });
    call.party('released').session('finished', { recordingId: 'theirs' });
    expect(call.asked).toEqual([]);
    expect(call.couple).toMatchObject({ standing: 'recording', problem: 'NO_PROBLEM' });
  });

  it('R-RUL-5: a pre-recorded call that nobody asks for is destroyed after its time, and its metadata kept', () => {
    const call = new RuledCall(preRecord).party('established').session('recording');
    expect(call.couple!.standing).toBe('pre-recording');
    call.party('released').session('finished').hear({ type: 'lingered' });
    expect(call.asked).toEqual(['start', 'await-keep']);
    expect(call.state!.phase).toBe('alive');
    call.hear({ type: 'keep-due', sid });
    expect(call.asked.slice(2)).toEqual(['destroy t1']);
    call.hear({ type: 'lingered' });
    expect(call.state!.phase).toBe('alive');
    call.hear({ type: 'destroyed', sid, take: 't1' }).hear({ type: 'lingered' });
    expect(call.asked.at(-1)).toBe('forget');
    expect(call.couple).toMatchObject({
      standing: 'discarded',
      problem: 'ALL_STREAM_DELETED',
      endedMs: expect.any(Number),
    });
    expect(call.why).toEqual(['pre-recording: pre-record: Admin / sample', 'discarded: nobody asked for it in time']);
  });

  it.each<[string, (call: RuledCall) => unknown, string]>([
    [
      'the command line',
      (call) => call.hear({ type: 'command', command: 'keep', sid, by: 'smith' }),
      'asked for by smith',
    ],
    ['attached data', (call) => call.party('data-changed', { record: 'source' }), 'the attached data asks for it'],
    [
      'a third party, whose recording has an id of its own',
      (call) => call.session('recording', { take: 't2', recordingId: 'theirs' }),
      'started by the telephony side or a third party',
    ],
  ])('R-RUL-5: a pre-recorded call is kept when %s asks for it', (_, ask, why) => {
    const call = new RuledCall(preRecord).party('established').session('recording');
    ask(call);
    expect(call.couple!.standing).toBe('recording');
    expect(call.why.at(-1)).toBe(`recording: ${why}`);
    call.party('released').session('finished').session('finished', { take: 't2' }).hear({ type: 'keep-due', sid });
    expect(call.asked).toEqual(['start']);
  });

  it('R-SHD-1, R-RUL-5: a recording of a party that other cores watch is theirs: no couple here, and no recording of ours', () => {
    const call = new RuledCall(preRecord).party('established', { GSIP_RECORD: 'ON' });
    expect(call.asked).toEqual([]);
    const dialog = {
      dialog: 'd',
      callId: 'c',
      fromTag: 'f',
      source: 's',
      invitedMs: 1,
      phase: 'answered',
      metadata: {},
    } as const;
    const theirs = { take: 't9', recordingId: 'theirs', recordDn: '3557' } as const;
    const told = (phase: SessionNews['phase'], more: Partial<SessionNews> = {}) =>
      call.session(phase, { ...theirs, dialogs: [dialog], ...more }, true);
    told('recording');
    expect(call.asked).toEqual(['start']);
    expect([...call.state!.couples.values()].map(({ dn, sessions }) => [dn, sessions.size])).toEqual([['3556', 0]]);
    expect([...call.state!.beside]).toEqual([['t9', 'recording']]);
    told('recording', { paused: true });
    expect([...call.state!.beside]).toEqual([['t9', 'paused']]);
    told('finished');
    expect(call.state!.beside.size).toBe(0);
    expect(call.state!.couples.size).toBe(1);
  });

  it('R-RUL-5: it is kept when somebody else has it recorded besides, under an id of their own; orders are about both recordings', () => {
    const call = new RuledCall(preRecord).party('established').session('recording');
    expect(call.couple!.standing).toBe('pre-recording');
    call.session('recording', { take: 't2', recordingId: 'supervisor-4' });
    expect(call.couple).toMatchObject({ standing: 'recording', recordingId, request: { by: 'rule' } });
    expect(call.couple!.takes.map(({ take }) => take)).toEqual(['t1', 't2']);
    const orders: string[] = [];
    const effects = decide(
      call.state,
      { type: 'command', command: 'pause', sid, by: 'a person' },
      9_000,
      name,
      call.settings,
    );
    for (const effect of effects.effects) if (effect.type === 'order') orders.push(effect.recordingId);
    expect(orders).toEqual([recordingId, 't2']);
  });

  it('R-RUL-5: it can be asked for after its end as well, but not after its time', () => {
    const ended = () =>
      new RuledCall(preRecord).party('established').session('recording').party('released').session('finished');
    const kept = ended().hear({ type: 'command', command: 'keep', sid, by: 'smith' }).hear({ type: 'keep-due', sid });
    expect(kept.couple!.standing).toBe('recording');
    const late = ended().hear({ type: 'keep-due', sid }).hear({ type: 'command', command: 'keep', sid, by: 'smith' });
    expect(late.couple!.standing).toBe('discarded');
  });

  it.each(['no', 'false', '0', '', 'disable_source'])('R-RUL-5: attached data record=%j asks for nothing', (record) => {
    const call = new RuledCall(preRecord).party('established', { record }).session('recording');
    expect(call.couple!.standing).toBe('pre-recording');
  });

  it('R-RUL-5: media that a recorder could not destroy is tried again', () => {
    const call = new RuledCall(noCards).party('established', { Segment: 'gold' }).session('finished');
    call.party('data-changed', { Card: '1' }).hear({ type: 'destroy-due', sid, take: 't1', attempt: 2 });
    expect(call.asked).toEqual(['start', 'destroy t1', 'destroy t1']);
    call.hear({ type: 'destroyed', sid, take: 't1' }).hear({ type: 'destroy-due', sid, take: 't1', attempt: 3 });
    expect(call.asked).toHaveLength(3);
  });

  it('R-SUP-1: what the rules decided is known again from the facts, and waited for again', () => {
    const call = new RuledCall(preRecord)
      .party('established')
      .session('recording')
      .party('released')
      .session('finished');
    const again = call.facts.reduce<CallState | undefined>(apply, undefined)!;
    expect(again).toEqual(call.state);
    const settings = {
      mediaMsMax: 1,
      lingerMs: 1,
      enquireMs: 10_000,
      afterCallWorkMsMax: 1,
      packetsMin: 1,
      keepMs: 60_000,
      ...acting,
      asking: {},
      notification,
    };
    const all = { ...settings, metadata: metadataSchema.parse({}), rules: new RuleBook(rulesOfDns([])) };
    expect(recover(again, all)).toContainEqual({ type: 'await-keep', sid, ms: 60_000 });
    call.hear({ type: 'keep-due', sid });
    expect(recover(call.state!, all)).toContainEqual({
      type: 'destroy',
      sid,
      take: 't1',
      ordering: { by: 'rules' },
      attempt: 1,
    });
  });

  it('R-RUL-4: a decision is written down with what the rules were told, once for each that differs', () => {
    const call = new RuledCall(noCards).party('ringing').party('established').party('held').party('retrieved');
    call.party('data-changed', { Segment: 'gold' });
    const judged = call.facts.flatMap((fact) => (fact.type === 'judged' ? [fact] : []));
    expect(judged.map(({ decision }) => decision.policy)).toEqual(['nothing', 'record']);
    expect(judged[1]!.call).toMatchObject({ dn: '3556', data: { Segment: 'gold' }, recordingId });
    // What we attach ourselves is no news to the rules.
    call.party('data-changed', { Segment: 'gold', RECORDING_STATUS_GIM: 'RECORDING_YES' });
    expect(call.facts.filter(({ type }) => type === 'judged')).toHaveLength(2);
  });
});

describe('a party as rules see it', () => {
  const seen = (what: PartyHappening, more: Partial<PartyEvent>) => {
    const { state } = new RuledCall('').party(what, undefined, more).party('established', undefined, more);
    return ruleCallOf(state!, [...state!.parties.values()][0]!);
  };

  it('R-RUL-1: has called, or was called', () => {
    expect(seen('ringing', {})).toMatchObject({ calling: ['0412'], called: ['800', '3556'], direction: 'inbound' });
    const internal = { callType: 'internal', ani: '3556', dnis: '3600', otherDn: '3600' } as const;
    expect(seen('dialing', internal)).toMatchObject({ calling: ['3556'], called: ['3600'], direction: 'internal' });
    const called = { callType: 'internal', ani: '3600', dnis: '3556', otherDn: '3600' } as const;
    expect(seen('ringing', called)).toMatchObject({ calling: ['3600'], called: ['3556'] });
    expect(seen('established', { ...internal, callType: 'outbound' })).toMatchObject({ calling: ['3556'] });
    expect(seen('established', { ...internal, role: 'origin' })).toMatchObject({ calling: ['3556'] });
  });
});
