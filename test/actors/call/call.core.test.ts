import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apply,
  type CallEffect,
  type CallFact,
  type CallMessage,
  type CallSettings,
  type CallState,
  decide,
  type PartyEvent,
  type PartyHappening,
  recover,
} from '#actors/call';
import { parseConfig } from '#src/config';
import { coupleId, recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import { type Couple, coupleSchema, type SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
const waits = { mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, afterCallWorkMsMax: 60_000, keepMs: 60_000 };
const silent = { ...acting, notification: { ...notification, audio: false, video: false } };
const settings = { ...waits, ...silent, packetsMin: 40, metadata: metadataSchema.parse({}), asking: {} };
const party = { tenant: 'acme', callUuid: name.callUuid, dn: '3556', partyUuid: 'P1' };
const [sid, recordingId] = [coupleId(party), recordingIdOf(party, 'sw')];

function event(what: PartyHappening, more: Partial<PartyEvent> = {}): PartyEvent {
  const told = { callType: 'inbound', otherDn: '0412', ani: '0412', dnis: '800', partyUuid: 'P1' } as const;
  return { what, dn: '3556', connId: '0071022ec8ac8056', atMs: 1_000, ...told, ...more };
}

function news(more: Partial<SessionNews> = {}): SessionNews {
  return {
    take: 't1',
    recordingId,
    tenant: 'acme',
    node: 'n1',
    form: 'msr',
    phase: 'recording',
    callUuid: name.callUuid,
    recordDn: '3556',
    startedMs: 1_500,
    paused: false,
    pauses: [],
    dialogs: ['3556', '0412'].map((dn) => ({
      dialog: dn,
      callId: dn,
      fromTag: 't',
      phase: 'answered' as const,
      dn,
      source: 'udp/127.0.0.1:5060',
      invitedMs: 1_500,
      metadata: { 'x-genesys-rm-application-dbid': '105' },
    })),
    streams: ['3556', '0412'].map((dn) => ({
      stream: dn,
      dialog: dn,
      party: dn,
      phase: 'open' as const,
      codecs: ['PCMU'],
    })),
    ...more,
  };
}

function finished(packets: readonly number[], more: Partial<SessionNews> = {}): SessionNews {
  const streams = news().streams.map((stream, index) => ({
    ...stream,
    phase: 'closed' as const,
    packets: packets[index]!,
  }));
  return news({ phase: 'finished', endedMs: 9_000, endReason: 'bye', folder: 'f', streams, ...more });
}

/** A call told one message after the other; keeps what it wrote and what it asked for. */
class Told {
  state: CallState | undefined;
  facts: CallFact[] = [];
  effects: readonly CallEffect[] = [];
  asked: CallEffect[] = [];
  couples = new Map<string, Couple>();
  nowMs = 1_000;
  readonly settings: CallSettings;

  constructor(rules = rulesOfDns([])) {
    this.settings = { ...settings, rules: new RuleBook(rules) };
  }

  hear(message: CallMessage): this {
    const decision = decide(this.state, message, this.nowMs, name, this.settings);
    this.state = decision.state;
    this.facts.push(...decision.facts);
    this.effects = decision.effects;
    for (const effect of decision.effects) {
      if (effect.type === 'tell') this.couples.set(effect.word.couple.sid, coupleSchema.parse(effect.word.couple));
      else this.asked.push(effect);
    }
    return this;
  }

  party(what: PartyHappening, more: Partial<PartyEvent> = {}): this {
    return this.hear({ type: 'party', event: event(what, more) });
  }

  session(told: SessionNews): this {
    return this.hear({ type: 'session', news: told });
  }

  get couple(): Couple {
    return [...this.couples.values()][0]!;
  }

  get starts(): CallEffect[] {
    return this.asked.filter((effect) => effect.type === 'private-service' && effect.service === 'start');
  }
}

const recorded = () => new Told().party('ringing').party('established').hear({ type: 'accepted', sid }).session(news());

describe('a call', () => {
  it('R-CTI-1, R-RUL-5: is asked for when it is established, not before, under an id that follows from the call', () => {
    const told = new Told().party('ringing');
    expect(told.asked).toEqual([]);
    told.party('established');
    const start = { service: 'start', sid, dn: '3556', connId: '0071022ec8ac8056', recordingId };
    expect(told.asked).toEqual([
      { type: 'private-service', ...start },
      { type: 'await-media', sid, ms: 10_000 },
    ]);
    expect(told.couple).toMatchObject({
      sid,
      recordingId,
      dn: '3556',
      otherDn: '0412',
      callType: 'inbound',
      phase: 'talking',
      problem: 'NO_PROBLEM',
      request: { by: 'rule', phase: 'asked', why: 'record: Admin / every DN that is watched' },
    });
  });

  it('R-CTI-1: is asked for once, however often it is said to be established', () => {
    const told = new Told().party('established').party('established').party('held').party('retrieved');
    expect(told.starts).toHaveLength(1);
  });

  it('R-RUL-5: of a DN that is not to be recorded is not asked for, and has no couple', () => {
    const told = new Told(rulesOfDns(['9999'])).party('ringing').party('established').party('released');
    expect(told.starts).toEqual([]);
    expect(told.couples.size).toBe(0);
    expect(told.asked).toEqual([{ type: 'linger', ms: 5_000 }]);
  });

  it('R-RUL-5: that the telephony side records already is not asked for again', () => {
    const told = new Told().party('established', { userData: { GSIP_RECORD: 'ON' } });
    expect(told.starts).toEqual([]);
    expect(told.couple.request).toMatchObject({ by: 'rule', phase: 'none' });
    told.session(news({ recordingId: 'theirs' }));
    expect(told.couples.size).toBe(1);
    expect(told.couple).toMatchObject({ sid, recordingId: 'theirs', takes: [{ take: 't1', phase: 'running' }] });
  });

  it('R-RUL-5: who is brought into the call of a recorded party is asked for: GSIP_RECORD is that of the other one', () => {
    const second = { dn: '3557', partyUuid: 'P2', userData: { GSIP_RECORD: 'ON' } };
    const told = recorded().party('party-changed', second);
    expect(told.starts).toMatchObject([{ dn: '3556' }, { dn: '3557' }]);
  });

  it('R-RUL-5: a consult call inherits the data of the call it is about, and is asked for all the same', () => {
    const told = new Told().party('established', { callType: 'consult', userData: { GSIP_RECORD: 'ON' } });
    expect(told.starts).toHaveLength(1);
    expect(told.couple.request).toMatchObject({ by: 'rule', phase: 'asked' });
  });

  it.each<PartyHappening>(['ringing', 'dialing', 'established', 'held', 'retrieved'])(
    'R-CTI-1: %s that comes after the release came late, or twice: the call is over all the same',
    (late) => {
      const told = new Told().party('ringing').party('established').party('released').party(late);
      expect([...told.state!.parties.values()].map(({ phase }) => phase)).toEqual(['gone']);
      expect(told.starts).toHaveLength(1);
      expect(told.couples.size).toBe(1);
      expect(told.couple.phase).toBe('ended');
    },
  );

  it('R-MD-1: tells its attached data and where it came from; empty values are not kept', () => {
    const told = recorded().party('data-changed', { userData: { Segment: 'gold', Empty: '' }, agentId: '7001' });
    expect(told.couple).toMatchObject({
      agentId: '7001',
      externalData: {
        GEN_TEV_ANI: '0412',
        GEN_TEV_DNIS: '800',
        GEN_TEV_ThisDN: '3556',
        GEN_TEV_AgentID: '7001',
        GEN_USR_Segment: 'gold',
        'GEN_EXT_x-genesys-rm-application-dbid': '105',
      },
    });
    expect(told.couple.externalData).not.toHaveProperty('GEN_USR_Empty');
  });

  it('R-CTI-5: of which only a recording client tells has a couple for each two of its parties', () => {
    const couple = (parties: [string, string], fromMs: number, toMs?: number) => ({
      call: 'cs1',
      parties,
      fromMs,
      toMs,
    });
    const known = [
      couple(['alice', 'bob'], 1_500, 4_000),
      couple(['alice', 'carol'], 3_000),
      couple(['bob', 'carol'], 3_000, 4_000),
    ];
    const client = (couples: typeof known) => ({
      parties: [{ number: 'alice', name: 'Alice' }, { number: 'bob' }, { number: 'carol', name: 'Carol' }],
      calls: [{ call: 'cs1', sipSessionId: 'ab12', parties: ['alice', 'bob', 'carol'], fromMs: 1_500 }],
      couples,
    });
    const asClient = { form: 'siprec' as const, recordingId: 'rs', dialogs: [], tags: { location: 'Brno' } };
    const told = new Told().session(news({ ...asClient, recordDn: undefined }));
    expect(told.couple).toMatchObject({ dn: 'rs', phase: 'talking' });
    told
      .session(news({ ...asClient, told: client(known.slice(0, 1)) }))
      .session(news({ ...asClient, told: client(known) }));
    const shown = () =>
      [...told.couples.values()].map(({ dn, otherDn, phase, endedMs }) => [dn, otherDn, phase, endedMs]);
    expect(shown()).toEqual([
      ['alice', 'bob', 'ended', 4_000],
      ['alice', 'carol', 'talking', undefined],
      ['bob', 'carol', 'ended', 4_000],
    ]);
    expect([...told.couples.values()][1]).toMatchObject({
      name: 'Alice',
      otherName: 'Carol',
      startedMs: 3_000,
      recordingId: 'rs',
      takes: [{ take: 't1', tags: { location: 'Brno' } }],
      externalData: { GEN_EXT_SipSessionID: 'ab12' },
    });
    told.session(finished([400, 400], { ...asClient, told: client(known) }));
    expect(shown()[1]).toEqual(['alice', 'carol', 'ended', 9_000]);
    expect(told.facts.reduce<CallState | undefined>(apply, undefined)).toEqual(told.state);
  });

  it('R-CTI-5: of which events tell, too, is the couple of the party they name', () => {
    const couples = [{ call: 'cs1', parties: ['3556', '0412'] as [string, string], fromMs: 1_500 }];
    const parties = [{ number: '0412', name: 'Carol' }];
    const told = recorded().session(news({ form: 'siprec', told: { parties, calls: [], couples } }));
    expect(told.couples.size).toBe(1);
    expect(told.couple).toMatchObject({ dn: '3556', otherDn: '0412', otherName: 'Carol' });
  });

  it('R-CTI-4: marks hold, and goes on recording', () => {
    const told = recorded().party('held', { atMs: 3_000 });
    expect(told.couple).toMatchObject({ phase: 'held', holds: [{ fromMs: 3_000 }] });
    told.party('retrieved', { atMs: 4_000 });
    expect(told.couple).toMatchObject({ phase: 'talking', holds: [{ fromMs: 3_000, toMs: 4_000 }] });
    expect(told.asked.filter(({ type }) => type === 'order')).toEqual([]);
  });

  it('R-REC-7: ends with its party; its media may come to its end before or after', () => {
    const before = recorded()
      .session(finished([400, 400]))
      .party('released', { atMs: 9_000 });
    const after = recorded().party('released', { atMs: 9_000 });
    expect(after.couple).toMatchObject({ phase: 'ended', problem: 'STILL_SAVING_STREAM' });
    after.session(finished([400, 400]));
    for (const told of [before, after]) {
      expect(told.couple).toMatchObject({
        phase: 'ended',
        endedMs: 9_000,
        problem: 'NO_PROBLEM',
        takes: [{ phase: 'finished', folder: 'f', streams: [{ packets: 400 }, { packets: 400 }] }],
      });
      expect(told.effects).toContainEqual({ type: 'linger', ms: 5_000 });
      expect(told.hear({ type: 'lingered' }).effects).toEqual([{ type: 'forget' }]);
    }
  });

  it.each([
    ['nothing came in time', (told: Told) => told.hear({ type: 'media-due', sid }), 'NO_REPLY_FROM_RECORDER'],
    [
      'it was refused',
      (told: Told) => told.hear({ type: 'refused', sid, code: 'cti-error', detail: '56 invalid ConnID' }),
      'NO_STREAMS',
    ],
    ['neither party was heard', (told: Told) => told.session(finished([0, 0])), 'STREAM_IS_NULL'],
    ['one party was heard', (told: Told) => told.session(finished([400, 0])), 'ONLY_ONE_STREAM'],
    ['a party was hardly heard', (told: Told) => told.session(finished([400, 39])), 'ONE_STREAM_INCOMPLETE'],
    [
      'its recorder is gone',
      (told: Told) => told.session(news()).hear({ type: 'takes-lost', takes: ['t1'] }),
      'STREAM_IS_NULL',
    ],
  ])('R-REC-7: has a problem when %s', (_, happen, problem) => {
    const told = new Told().party('established');
    happen(told);
    expect(told.couple.problem).toBe(problem);
  });

  it('R-REC-7: of which no event was heard is a couple all the same', () => {
    const told = new Told().session(news({ recordingId: 'by-itself' }));
    expect(told.couple).toMatchObject({
      dn: '3556',
      otherDn: '0412',
      recordingId: 'by-itself',
      request: { by: 'other', phase: 'none' },
      phase: 'talking',
    });
    told.session(finished([400, 400], { recordingId: 'by-itself' }));
    expect(told.couple).toMatchObject({ phase: 'ended', endedMs: 9_000, problem: 'NO_PROBLEM' });
  });

  it('R-REC-7: whose events come late finds the couple that its media began', () => {
    const told = new Told().session(news()).party('established');
    expect([told.couples.size, told.starts]).toEqual([1, []]);
  });

  it('R-REC-6: is paused at the recorder and at the telephony server, under the id its media has', () => {
    const told = recorded().hear({ type: 'command', command: 'pause', sid, by: 'agent' });
    expect(told.effects.slice(0, 2)).toMatchObject([
      { type: 'order', command: 'pause', recordingId, ordering: { by: 'agent' } },
      { type: 'private-service', service: 'pause', sid, dn: '3556', recordingId },
    ]);
  });

  it('R-CTI-4: a DN that comes back into its call is another party, with or without names of parties', () => {
    for (const again of ['P2', undefined]) {
      const first = { partyUuid: again === undefined ? '' : 'P1' };
      const told = new Told().party('established', first).party('released', first);
      const { partyUuid: _, ...unnamed } = event('ringing', { atMs: 20_000 });
      const second = again === undefined ? unnamed : { ...unnamed, partyUuid: again };
      told.hear({ type: 'party', event: second });
      told.hear({ type: 'party', event: { ...second, what: 'established' } });
      expect(told.starts).toHaveLength(2);
      expect(told.couples.size).toBe(2);
    }
  });

  it('R-SUP-1: is known again from its facts, and does again what may not have been done', () => {
    const redone = (state: CallState) => recover(state, new Told().settings).filter(({ type }) => type !== 'tell');
    const told = new Told().party('ringing').party('established');
    const again = told.facts.reduce<CallState | undefined>(apply, undefined)!;
    expect(again).toEqual(told.state);
    expect(redone(again)).toEqual(told.asked);
    told.hear({ type: 'accepted', sid }).session(news());
    expect(redone(told.state!)).toEqual([]);
    told.party('released').session(finished([1, 1]));
    expect(redone(told.state!)).toEqual([{ type: 'linger', ms: 5_000 }]);
  });

  it('R-SUP-1, R-CTI-4: whatever is heard in whatever order, it has one couple per party, and its facts give it back', () => {
    const messages = fc.oneof(
      fc
        .record({
          what: fc.constantFrom<PartyHappening>(
            'ringing',
            'dialing',
            'established',
            'held',
            'retrieved',
            'released',
            'seen',
          ),
          dn: fc.constantFrom('3556', '3557'),
        })
        .map(({ what, dn }): CallMessage => ({ type: 'party', event: event(what, { dn, partyUuid: dn }) })),
      fc
        .record({ take: fc.constantFrom('t1', 't2'), recordDn: fc.constantFrom('3556', '3557'), done: fc.boolean() })
        .map(({ take, recordDn, done }): CallMessage => {
          const told = done ? finished([50, 50], { take, recordDn }) : news({ take, recordDn });
          return { type: 'session', news: { ...told, recordingId: `r-${take}` } };
        }),
      fc.constantFrom<CallMessage>(
        { type: 'lingered' },
        { type: 'takes-lost', takes: ['t1'] },
        ...([{ type: 'media-due', sid }, { type: 'enquiry-due' }] as const),
        { type: 'accepted', sid },
        { type: 'refused', sid, code: 'cti-unreachable', detail: '' },
      ),
    );
    const isEachOnce = (all: readonly string[]) => new Set(all).size === all.length;
    const isEnd = (one: CallMessage) => one.type === 'party' && one.event.what === 'released';
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 30 }), (all) => {
        const told = new Told();
        for (const message of all) if (told.state?.phase !== 'over') told.hear(message);
        expect(told.facts.reduce<CallState | undefined>(apply, undefined)).toEqual(told.state);
        const couples = [...told.couples.values()];
        if (!all.some(isEnd)) expect(couples.map(({ dn }) => dn)).toSatisfy(isEachOnce);
        expect(couples.flatMap(({ takes }) => takes.map(({ take }) => take))).toSatisfy(isEachOnce);
        for (const couple of couples) expect(couple.endedMs === undefined).toBe(couple.phase !== 'ended');
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
