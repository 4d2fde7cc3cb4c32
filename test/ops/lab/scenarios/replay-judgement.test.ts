import { describe, expect, it } from 'vitest';
import {
  type ExpectedCouple,
  type FoundConversation,
  judgeListed,
  judgePlaying,
  judgeReplay,
  type PlayedScenario,
  type Scenario,
} from '#ops/lab/scenarios';
import type { Couple } from '#src/recording';
import { type Conversation, consolidate } from '#src/recording/consolidate';

function couple(changes: Partial<Couple> = {}): Couple {
  return {
    sid: 'sid',
    tenant: 'acme',
    callUuid: 'CALL1',
    connIds: [],
    recordingId: 'rec',
    dn: '7001',
    otherDn: '5550101',
    callType: 'inbound',
    agentId: 'smith',
    phase: 'ended',
    startedMs: 1_000,
    endedMs: 2_000,
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: 'every DN' },
    standing: 'recording',
    problem: 'NO_PROBLEM',
    takes: [{ take: 'take', node: 'node-1', phase: 'finished', streams: [], pauses: [] }],
    externalData: {},
    ...changes,
  };
}

const expected: ExpectedCouple = { dn: '7001', otherDn: '5550101', callType: 'inbound', agentId: 'smith' };

function played(couples: readonly Couple[], ...all: readonly ExpectedCouple[]): PlayedScenario {
  const scenario: Scenario = { name: 'test', about: '', steps: [], couples: all };
  return { scenario, couples };
}

/** As replay puts them together of what cores tell. */
function found(couples: readonly Couple[], changes: Partial<Conversation> = {}): FoundConversation[] {
  const facts = couples.map((one) => ({ type: 'couple', writer: 'core', offset: 1, couple: one }) as const);
  return consolidate(facts).map((one) => ({
    listed: one.conversation,
    conversation: { ...one, problem: 'NO_PROBLEM', ...changes },
    audio: 'ready',
  }));
}

function wrong(all: readonly PlayedScenario[], there: readonly FoundConversation[]): string {
  return judgeReplay(all, there)
    .flatMap(({ ok, about, seen }) => (ok ? [] : [`${about}, but: ${seen}`]))
    .join('\n');
}

describe('the judgement of what replay shows', () => {
  const one = played([couple()], expected);

  it('R-LAB-1, R-RPL-1: is good about a conversation that is there once, with all that belongs to it', () => {
    expect(wrong([one], found([couple()]))).toBe('');
    const consult = couple({ sid: 'other', startedMs: 1_500, otherDn: '7020', callType: 'consult' });
    const two = played([couple(), consult], expected, { dn: '7001', otherDn: '7020', callType: 'consult' });
    expect(wrong([two], found([couple(), consult]))).toBe('');
    expect(wrong([played([])], [])).toBe('');
  });

  it.each(['a', 'z'])(
    'R-LAB-1, R-RPL-1: knows a couple that replay names %s, as a core says that it is called, too',
    (other) => {
      const twoNames = couple({ sameAs: [other] });
      expect(wrong([played([twoNames], expected)], found([twoNames]))).toBe('');
      expect(wrong([one], found([twoNames]))).toBe('');
      const twice = found([couple(), couple({ sid: other })]);
      expect(wrong([played([twoNames], expected)], twice)).toContain('couples sid + sid instead of sid');
    },
  );

  it.each<[string, FoundConversation[], string]>([
    ['nothing', [], 'in 0 conversations'],
    ['it twice', [...found([couple()]), ...found([couple()])], 'in 2 conversations'],
    ['a couple too many', found([couple(), couple({ sid: 'more' })]), 'couples more + sid instead of sid'],
    ['another list', found([couple()]).map((is) => ({ ...is, listed: 'x' })), 'listed as x'],
    ['a call that goes on', found([couple()], { phase: 'running' }), 'phase running instead of ended'],
    ['another direction', found([couple()], { direction: 'outbound' }), 'direction outbound instead of inbound'],
    ['a problem', found([couple()], { problem: 'NO_STREAMS' }), 'problem NO_STREAMS instead of NO_PROBLEM'],
    ['nobody', found([couple()], { participants: [] }), 'participants none instead of 5550101 + 7001'],
    ['another agent', found([couple({ agentId: 'jones' })]), 'agent at 7001 jones instead of smith'],
    ['no recording', found([couple()], { sources: [] }), 'recordings none instead of take'],
    [
      'no audio yet',
      found([couple()]).map((is) => ({ ...is, audio: 'preparing' })),
      'audio preparing instead of ready',
    ],
  ])('R-LAB-1, R-RPL-1: names %s', (_, there, text) => {
    expect(wrong([one], there)).toContain(text);
  });

  it('R-LAB-1, R-RUL-5: of what was discarded nothing may be heard, and of what was not recorded nothing be there', () => {
    const discarded = played([couple({ standing: 'discarded' })], { ...expected, standing: 'discarded' });
    const there = found([couple()], { problem: 'ALL_STREAM_DELETED' });
    expect(wrong([discarded], there)).toContain('audio ready instead of none');
    expect(wrong([discarded], [{ ...there[0]!, audio: 'none' }])).toBe('');
    expect(wrong([played([])], found([couple()]))).toContain('nothing else is in the catalogue, but:');
  });

  it('R-LAB-1, R-RPL-3: says what does not play, and how', () => {
    const [there] = found([couple()]);
    expect(judgePlaying(new Map([[there!, '206 audio/mpeg: MP3']])).ok).toBe(true);
    expect(judgePlaying(new Map([[there!, '404 application/problem+json: 90 bytes that are no MP3']])).seen).toContain(
      '404',
    );
  });
});

describe('what is listed of hostile calls', () => {
  const couples = [
    couple(),
    couple({ sid: 'other', dn: '7002' }),
    couple({ sid: 'third', callUuid: 'CALL2', recordingId: 'rec2', takes: [] }),
  ];
  const listed = consolidate(couples.map((one) => ({ type: 'couple', writer: 'core', offset: 1, couple: one }))).map(
    ({ tenant, conversation }) => ({ tenant, conversation }),
  );

  it('R-RPL-1, R-LAB-1: is each conversation once, whichever couples it has', () => {
    const about = 'in the catalogue once: 2 conversations of 3 couples';
    expect(listed).toHaveLength(2);
    expect(judgeListed(couples, listed)).toEqual({ about, ok: true });
    expect(judgeListed(couples, listed.slice(1))).toMatchObject({
      ok: false,
      seen: expect.stringMatching(/CALL\d\): 0 times$/),
    });
    expect(judgeListed(couples, [...listed, listed[0]!])).toMatchObject({
      ok: false,
      seen: expect.stringContaining('2 times'),
    });
    expect(judgeListed(couples, [...listed, { tenant: 'acme', conversation: 'x' }])).toMatchObject({
      ok: false,
      seen: 'x of acme: of no couple',
    });
  });
});
