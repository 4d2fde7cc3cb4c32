// A call that is recorded twice (dest, dest2): what is told of its couple.

import { describe, expect, it } from 'vitest';
import { type CallMessage, type CallState, decide } from '#actors/call';
import { parseConfig } from '#src/config';
import { coupleId, recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import type { Couple, SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const party = { tenant: 'acme', callUuid: name.callUuid, dn: '3556', partyUuid: 'P1' };
const [sid, recordingId] = [coupleId(party), recordingIdOf(party, 'sw')];
const settings = {
  ...{ mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, afterCallWorkMsMax: 60_000, keepMs: 60_000 },
  ...{ packetsMin: 40, metadata: metadataSchema.parse({}) },
  asking: { dest: 'sip:FIRST', dest2: 'sip:SECOND' },
  notification: parseConfig('', 'defaults').core.tenantDefaults.notification,
  rules: new RuleBook(rulesOfDns(['3556'])),
  ...acting,
};

/** What the recorder of a node says; `packets` of both parties when it has finished. */
function news(node: string, packets?: readonly [number, number]): SessionNews {
  const isOver = packets !== undefined;
  return {
    ...{
      take: `take-${node}`,
      recordingId,
      tenant: 'acme',
      node,
      form: 'msr',
      callUuid: name.callUuid,
      recordDn: '3556',
    },
    ...{ phase: isOver ? 'finished' : 'recording', startedMs: 1_500, paused: false, pauses: [] },
    ...(isOver && { endedMs: 9_000, endReason: 'bye', folder: `f-${node}` }),
    dialogs: ['3556', '0412'].map((dn) => ({
      ...{ dialog: dn, callId: `${node}-${dn}`, fromTag: 't', phase: 'answered', dn, source: 'udp/127.0.0.1:5060' },
      ...{ invitedMs: 1_500, metadata: {} },
    })),
    streams: ['3556', '0412'].map((dn, index) => ({
      ...{ stream: dn, dialog: dn, party: dn, phase: isOver ? 'closed' : 'open', codecs: ['PCMU'] },
      ...(isOver && { packets: packets[index]! }),
    })),
  } as SessionNews;
}

/** What is told in the end of the couples of a call that is established, hears `messages`, and ends. */
function couplesAfter(...messages: readonly (SessionNews | CallMessage)[]): { couples: Couple[]; starts: object[] } {
  const event = { dn: '3556', connId: '00710', callType: 'inbound', otherDn: '0412', partyUuid: 'P1' } as const;
  return couplesOf(
    { type: 'party', event: { ...event, what: 'ringing', atMs: 1_000 } },
    { type: 'party', event: { ...event, what: 'established', atMs: 1_000 } },
    { type: 'accepted', sid },
    ...messages,
    { type: 'party', event: { ...event, what: 'released', atMs: 9_000 } },
  );
}

function couplesOf(...messages: readonly (SessionNews | CallMessage)[]): { couples: Couple[]; starts: object[] } {
  const all = messages.map((one): CallMessage => ('type' in one ? one : { type: 'session', news: one }));
  let state: CallState | undefined;
  const couples = new Map<string, Couple>();
  const starts: object[] = [];
  for (const message of all) {
    const decision = decide(state, message, 9_000, name, settings);
    state = decision.state;
    for (const effect of decision.effects) {
      if (effect.type === 'tell') couples.set(effect.word.couple.sid, effect.word.couple);
      if (effect.type === 'private-service' && effect.service === 'start') starts.push(effect);
    }
  }
  return { couples: [...couples.values()], starts };
}

describe('a couple that is recorded twice', () => {
  it('R-HA-3: is asked for once, with both groups, and is one couple that names both takes', () => {
    const { couples, starts } = couplesAfter(news('n1'), news('n2'), news('n2', [400, 401]), news('n1', [399, 400]));
    expect(starts).toMatchObject([{ asking: { dest: 'sip:FIRST', dest2: 'sip:SECOND' } }]);
    expect(couples).toHaveLength(1);
    expect(couples[0]).toMatchObject({
      recordingId,
      problem: 'NO_PROBLEM',
      request: { dest: 'sip:FIRST', dest2: 'sip:SECOND' },
      takes: [
        {
          take: 'take-n1',
          node: 'n1',
          phase: 'finished',
          folder: 'f-n1',
          streams: [{ packets: 399 }, { packets: 400 }],
        },
        {
          take: 'take-n2',
          node: 'n2',
          phase: 'finished',
          folder: 'f-n2',
          streams: [{ packets: 400 }, { packets: 401 }],
        },
      ],
    });
  });

  it('R-HA-3: in whatever order its recorders tell of it', () => {
    const orders = [
      [news('n2'), news('n1', [400, 400]), news('n2', [400, 400])],
      [news('n1', [400, 400]), news('n2', [400, 400])],
    ];
    for (const order of orders) {
      const { couples } = couplesAfter(...order);
      expect(couples.map(({ takes }) => takes.map(({ node }) => node).sort())).toEqual([['n1', 'n2']]);
    }
  });

  it.each([
    [
      'one copy is lost and the other one is whole',
      [news('n1'), { type: 'takes-lost', takes: ['take-n1'] }, news('n2', [400, 400])],
      'NO_PROBLEM',
    ],
    [
      'one copy has hardly begun and the other one is whole',
      [news('n1', [400, 3]), news('n2', [400, 400])],
      'NO_PROBLEM',
    ],
    ['each copy has one party', [news('n1', [400, 0]), news('n2', [0, 400])], 'NO_PROBLEM'],
    ['one party is hardly in either copy', [news('n1', [400, 3]), news('n2', [400, 39])], 'ONE_STREAM_INCOMPLETE'],
    ['one party is in neither copy', [news('n1', [400, 0]), news('n2', [400, 0])], 'ONLY_ONE_STREAM'],
    ['one copy is still being saved', [news('n1', [400, 400]), news('n2')], 'STILL_SAVING_STREAM'],
  ] as const)('R-HA-3: when %s: its problem', (_what, messages, problem) => {
    const { couples } = couplesAfter(...(messages as readonly (SessionNews | CallMessage)[]));
    expect(couples.map((one) => one.problem)).toEqual([problem]);
  });
});

describe('a couple whose recorder has another clock', () => {
  const clock = { offsetMs: 30_000, plusMinusMs: 2 };

  it('R-RPL-1: says of each take how far the clock is from its own', () => {
    const { couples } = couplesAfter({ ...news('n1', [400, 400]), clock }, news('n2', [400, 400]));
    expect(couples[0]!.takes.map((take) => take.clock)).toEqual([clock, undefined]);
    expect(couples[0]).toMatchObject({ startedMs: 1_000, endedMs: 9_000 });
  });

  it('R-RPL-1, R-SIP-2: is told by the clock of the core all the same, where only a recording client tells of it', () => {
    const { couples } = couplesOf({
      ...{ ...news('n1', [400, 400]), form: 'siprec', clock },
      told: {
        parties: [],
        calls: [],
        couples: [{ call: 'C1', parties: ['3556', '0412'], fromMs: 2_000, toMs: 8_000 }],
      },
    });
    expect(couples).toMatchObject([{ startedMs: 32_000, endedMs: 38_000, phase: 'ended' }]);
  });
});
