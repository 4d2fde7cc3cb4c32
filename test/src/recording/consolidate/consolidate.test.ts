import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callName } from '#src/recording';
import {
  Consolidation,
  type Conversation,
  consolidate,
  conversationSchema,
  endOf,
  type Fact,
} from '#src/recording/consolidate';
import { couple, drawnFacts, manifest, shuffled, tenant } from './facts-drawn.ts';

const runs = (quick: number) => ({ seed: 9, numRuns: process.env['TWINREEL_FULL'] ? 50 * quick : quick });
const nowMs = 1_000_000;
const word = (writer: string, offset: number, said: ReturnType<typeof couple>): Fact => {
  return { type: 'couple', writer, offset, couple: said };
};
const only = (facts: readonly Fact[]): Conversation => {
  const found = consolidate(facts);
  expect(found).toHaveLength(1);
  return found[0]!;
};
const events = ({ timeline }: Conversation) =>
  timeline.map(({ kind, fromMs, toMs, party }) => [kind, fromMs - nowMs, toMs && toMs - nowMs, party ?? '*']);

describe('facts put together', () => {
  it('R-RPL-1: permuted, repeated, cut in batches or one by one, the same facts are the same conversations', () => {
    fc.assert(
      fc.property(drawnFacts, fc.infiniteStream(fc.nat()), (facts, draws) => {
        const expected = consolidate(facts);
        for (const one of expected) expect(conversationSchema.parse(one)).toEqual(one);
        expect(consolidate(shuffled([...facts, ...facts], draws))).toEqual(expected);
        const consolidation = new Consolidation();
        const last = new Map<string, Conversation>();
        for (const fact of shuffled(facts, draws)) {
          consolidation.add(fact);
          if (draws.next().value! % 2 === 0) continue;
          changed(consolidation, last);
        }
        changed(consolidation, last);
        expect([...last.values()].sort((a, b) => (a.conversation < b.conversation ? -1 : 1))).toEqual(
          [...expected].sort((a, b) => (a.conversation < b.conversation ? -1 : 1)),
        );
      }),
      runs(60),
    );
  });

  it('R-RPL-1: one fact more never takes away what was known', () => {
    fc.assert(
      fc.property(drawnFacts, drawnFacts, (facts, more) => {
        const after = consolidate([...facts, ...more]);
        for (const before of consolidate(facts)) {
          const now = after.find(({ aliases }) => aliases.includes(before.conversation));
          expect(now, 'who knows it by an older id finds it').toBeDefined();
          for (const item of knowledgeIn(before)) expect(knowledgeIn(now!)).toContain(item);
        }
      }),
      runs(60),
    );
  });

  it('R-RPL-1: what was forgotten, and given back with a late fact, is what it would have been', () => {
    fc.assert(
      fc.property(drawnFacts, drawnFacts, (facts, late) => {
        const consolidation = new Consolidation();
        for (const fact of facts) consolidation.add(fact);
        const stored = consolidation.takeChanged();
        for (const { names } of stored) consolidation.forget(names[0]!);
        for (const { names } of stored) expect(consolidation.of(names[0]!)).toBeUndefined();
        for (const fact of [...stored.flatMap((one) => one.facts), ...late]) consolidation.add(fact);
        const again = consolidation.takeChanged().flatMap(({ conversations }) => conversations);
        const byId = (a: Conversation, b: Conversation) => (a.conversation < b.conversation ? -1 : 1);
        expect(again.sort(byId)).toEqual(consolidate([...facts, ...late]).sort(byId));
      }),
      runs(60),
    );
  });

  it('R-RPL-7, R-RUL-5: what one core discarded nobody hears again, whoever says or brings what, in whatever order', () => {
    fc.assert(
      fc.property(drawnFacts, drawnFacts, fc.infiniteStream(fc.nat()), fc.nat(5), (facts, more, draws, n) => {
        const discarded = word('core-9', 1, couple(n, nowMs, { standing: 'discarded', problem: 'ALL_STREAM_DELETED' }));
        const brought: Fact[] = [0, 1].map((copy) => ({ type: 'manifest', manifest: manifest(n, copy) }));
        const takes = brought.flatMap((fact) => (fact.type === 'manifest' ? [fact.manifest.take] : []));
        const merged = { takes, measure: takes[0]!, clocks: [], tracks: [], leaked: [] };
        const audio = { startedMs: 0, lengthMs: 1_000 };
        const all = [
          ...facts,
          discarded,
          ...brought,
          { type: 'merged', tenant, merged: { ...merged, audio } } as const,
        ];
        const found = consolidate(shuffled([...all, ...more], draws));
        const sources = found.flatMap(({ sources }) => sources).filter(({ take }) => takes.includes(take));
        expect(sources.map(endOf)).toEqual(['discarded', 'discarded']);
        expect(found.filter(({ audio }) => audio)).toEqual([]);
        expect(found.some(({ couples }) => couples.some(({ standing }) => standing === 'discarded'))).toBe(true);
      }),
      runs(60),
    );
  });

  it('R-RPL-7: a take of a discarded couple that another one is recorded by is heard', () => {
    const told = { take: 'T1-0', node: 'n0', phase: 'finished' as const, streams: [], pauses: [] };
    const { sources } = only([
      word('core-1', 1, couple(1, nowMs, { standing: 'discarded' })),
      word('core-1', 2, couple(2, nowMs, { callUuid: 'C1', takes: [told] })),
      { type: 'manifest', manifest: manifest(1, 0) },
    ]);
    expect(sources.map(endOf)).toEqual([undefined]);
  });

  it('R-RPL-1: a call that two cores saw, whose clocks are 30 s apart, is told in one of them', () => {
    const seen = (skewMs: number) => ({
      establishedMs: nowMs + 5_000 + skewMs,
      endedMs: nowMs + 60_000 + skewMs,
      phase: 'ended' as const,
      otherDn: '0170',
    });
    const hold = { fromMs: nowMs + 20_000, toMs: nowMs + 25_000 };
    const late = { fromMs: hold.fromMs - 30_000, toMs: hold.toMs - 30_000 };
    const conversation = only([
      // The one that came late has not seen it ring; the other one has not seen the hold.
      word('late', 1, couple(1, nowMs + 5_000 - 30_000, { ...seen(-30_000), holds: [late], connIds: ['0b'] })),
      word(
        'early',
        7,
        couple(1, nowMs, { ...seen(0), status: { n: 9, atMs: 0, audio: 'recording', video: 'undefined' } }),
      ),
    ]);
    expect(events(conversation)).toEqual([
      ['ringing', 0, 5_000, '3551'],
      ['talk', 5_000, 20_000, '3551'],
      ['hold', 20_000, 25_000, '3551'],
      ['talk', 25_000, 60_000, '3551'],
    ]);
    expect(conversation.couples).toMatchObject([{ connIds: ['0b'], status: { n: 9 } }]);
    expect(conversation.participants.map(({ number, role }) => [number, role])).toEqual([
      ['0170', 'customer'],
      ['3551', 'agent'],
    ]);
  });

  it('R-RPL-1: what a core tells is told by the clock of the recording, when it has measured the recorder: 30 s apart', () => {
    const [coreMs, nodeMs] = [30_000, 29_000];
    const take = (copy: number, nodeSkewMs: number, coreSkewMs: number) => ({
      ...{ take: `T1-${copy}`, node: `n${copy}`, phase: 'finished' as const, streams: [] },
      // Of a recorder, by its own clock.
      pauses: [{ fromMs: nowMs + 30_000 + nodeSkewMs, toMs: nowMs + 31_000 + nodeSkewMs }],
      clock: { offsetMs: coreSkewMs - nodeSkewMs, plusMinusMs: 2 },
    });
    const told = (coreSkewMs: number) =>
      couple(1, nowMs + coreSkewMs, {
        establishedMs: nowMs + 5_000 + coreSkewMs,
        endedMs: nowMs + 60_000 + coreSkewMs,
        phase: 'ended',
        otherDn: '0170',
        takes: [take(0, 0, coreSkewMs), take(1, nodeMs, coreSkewMs)],
      });
    // Seen from its middle on, by a core that knows nothing else of it.
    const { establishedMs: _, endedMs: __, ...late } = told(-coreMs);
    const joined = { ...late, startedMs: nowMs + 20_000 - coreMs, phase: 'talking' as const };
    const facts = [
      word('ahead', 3, told(coreMs)),
      word('late', 1, joined),
      ...[0, nodeMs].map((skewMs, copy): Fact => {
        const recorded = { startedMs: nowMs + 6_000 + skewMs, endedMs: nowMs + 60_000 + skewMs, pauses: [] };
        return { type: 'manifest', manifest: manifest(1, copy, { ...recorded, node: `n${copy}` }) };
      }),
    ];
    const conversation = only(facts);
    expect(only([...facts].reverse())).toEqual(conversation);
    expect(events(conversation), 'the pause of both recorders is one, and nothing was restarted').toEqual([
      ['ringing', 0, 5_000, '3551'],
      ['talk', 5_000, 60_000, '3551'],
      ['pause', 30_000, 31_000, '*'],
    ]);
    expect(conversation.endedMs).toBe(nowMs + 60_000);
    expect(conversation.sources.map(({ clock }) => clock)).toEqual([
      { offsetMs: 0, plusMinusMs: 0, by: 'same-clock' },
      { offsetMs: -nodeMs, plusMinusMs: 4, by: 'told' },
    ]);
  });

  it('R-RPL-1: of what one core says the later word counts, whenever it comes', () => {
    const [first, second] = [
      word('a', 1, couple(1, nowMs, { otherDn: '0170' })),
      word('a', 2, couple(1, nowMs, { otherDn: '0180' })),
    ];
    expect(only([second, first])).toEqual(only([first, second]));
    expect(only([second, first]).couples[0]!.otherDn).toBe('0180');
  });

  it('R-RPL-1: one couple that two cores name differently is one, whoever tells first', () => {
    const byEvent = word('a', 1, couple(1, nowMs, { sid: 'S1', partyUuid: 'P1' }));
    const byMedia = word('b', 1, couple(1, nowMs, { sid: 'S0', sameAs: ['S1'] }));
    for (const facts of [
      [byEvent, byMedia],
      [byMedia, byEvent],
    ])
      expect(only(facts).couples).toEqual([couple(1, nowMs, { sid: 'S0', sameAs: ['S1'], partyUuid: 'P1' })]);
    // Before the other one has told of it, it has the name it will have.
    expect(only([byMedia]).couples).toMatchObject([{ sid: 'S0', sameAs: ['S1'] }]);
    const gone: Fact = { type: 'tombstone', tenant, sids: ['S1'], takes: [], atMs: nowMs, why: 'asked' };
    expect(only([byMedia, gone]).phase).toBe('deleted');
  });

  it('R-RPL-1: who heard of a recording and of no event tells of the same couple, unless somebody tells of both', () => {
    const take = { take: 'T1-0', node: 'n0', phase: 'running' as const, streams: [], pauses: [] };
    const named = (sid: string) => couple(1, nowMs, { sid, partyUuid: sid, takes: [take] });
    const nameless = couple(1, nowMs, { sid: 'S0', takes: [take] });
    const sids = (...facts: Fact[]) => only(facts).couples.map(({ sid }) => sid);
    expect(sids(word('a', 1, named('S1')), word('b', 1, nameless))).toEqual(['S0']);
    // A recording client's first pair of parties, and another one.
    expect(sids(word('a', 1, named('S1')), word('a', 2, nameless), word('b', 1, nameless))).toEqual(['S0', 'S1']);
    // Called twice: of which time it is nobody knows.
    expect(sids(word('a', 1, named('S1')), word('a', 2, named('S2')), word('b', 1, nameless))).toHaveLength(3);
    expect(sids(word('a', 1, named('S1')), word('b', 1, { ...nameless, dn: '3599' }))).toEqual(['S0', 'S1']);
  });

  it('R-RPL-1: a transfer after a question, the conference in between, and the work after it', () => {
    const first = couple(1, nowMs, {
      otherDn: '0170',
      establishedMs: nowMs + 1_000,
      endedMs: nowMs + 40_000,
      phase: 'ended',
      holds: [{ fromMs: nowMs + 20_000, toMs: nowMs + 30_000 }],
      afterCallWork: { fromMs: nowMs + 40_000, toMs: nowMs + 50_000 },
    });
    const asked = couple(2, nowMs + 21_000, {
      otherDn: '3551',
      callType: 'consult',
      partOf: [callName('C1')],
      endedMs: nowMs + 30_000,
      phase: 'ended',
    });
    const heir = couple(3, nowMs + 30_000, {
      callUuid: 'C1',
      dn: '3552',
      otherDn: '0170',
      endedMs: nowMs + 90_000,
      phase: 'ended',
    });
    const conversation = only([first, asked, heir].map((one) => word('a', 1, one)));
    expect(events(conversation)).toEqual(
      expect.arrayContaining([
        ['consult', 21_000, 30_000, '3552'],
        ['conference', 30_000, 40_000, '*'],
        ['transfer', 40_000, 40_000, '3551'],
        ['after-call-work', 40_000, 50_000, '3551'],
      ]),
    );
    expect(conversation.direction).toBe('inbound');
    expect(conversation.endedMs).toBe(nowMs + 90_000);
  });

  it('R-RPL-1: each source says what became of it, and a take on the same node needs no clock', () => {
    const takes = [
      { take: 'T1-0', node: 'n0', phase: 'finished' as const, streams: [], pauses: [] },
      { take: 'T1-2', node: 'n2', phase: 'lost' as const, streams: [], pauses: [] },
    ];
    const facts: Fact[] = [
      word('a', 1, couple(1, nowMs, { takes })),
      { type: 'manifest', manifest: manifest(1, 0) },
      { type: 'manifest', manifest: manifest(1, 1) },
    ];
    const { sources } = only(facts);
    expect(sources).toMatchObject([
      { take: 'T1-0', state: 'not-used', clock: { by: 'same-clock', offsetMs: 0 } },
      { take: 'T1-1', state: 'not-used', why: 'its packets are not merged yet' },
      { take: 'T1-2', state: 'not-used', why: 'its node was lost, and has not brought it since' },
    ]);
    expect(sources[1]!.clock, 'nothing is known of it').toBeUndefined();
  });

  it('R-RPL-7: what a tombstone names stays gone, whatever comes later', () => {
    const facts: Fact[] = [
      { type: 'tombstone', tenant, sids: ['S1'], takes: ['T1-1'], atMs: nowMs, why: 'asked for' },
      word('a', 1, couple(1, nowMs, { externalData: { GEN_USR_Card: 'x' } })),
      { type: 'manifest', manifest: manifest(1, 1) },
    ];
    expect(only(facts)).toMatchObject({
      phase: 'deleted',
      couples: [],
      externalData: [],
      participants: [],
      timeline: [],
    });
    expect(only([...facts].reverse())).toEqual(only(facts));
    const kept = only([...facts, word('a', 1, couple(2, nowMs, { partOf: [callName('C1')] }))]);
    expect(kept).toMatchObject({ phase: 'running', couples: [{ sid: 'S2' }], sources: [{ why: 'it was deleted' }] });
  });

  it('R-RPL-1: a recording of which no core tells is a conversation, and becomes part of its call later', () => {
    const alone = only([{ type: 'manifest', manifest: manifest(1, 0, { recordDn: '3551' }) }]);
    expect(alone.participants.map(({ number, role }) => [number, role])).toEqual([
      ['0170', 'customer'],
      ['3551', 'agent'],
    ]);
    const told = only([
      { type: 'manifest', manifest: manifest(1, 0, { recordDn: '3551' }) },
      word('a', 1, couple(1, nowMs)),
    ]);
    expect(told.conversation).not.toBe(alone.conversation);
    expect(told.aliases).toContain(alone.conversation);
  });

  it('R-RPL-1: a switch that gives one id to all calls tears them: each call is told by itself, with its own recordings', () => {
    const facts = [1, 2, 3].flatMap((n): Fact[] => [
      word('a', 1, couple(n, nowMs + n, { connIds: ['0'] })),
      { type: 'manifest', manifest: manifest(n, 0) },
    ]);
    expect(consolidate(facts, 3)).toHaveLength(1);
    const torn = consolidate(facts, 2);
    expect(torn.map(({ isTorn, sources }) => [isTorn, sources.length])).toEqual([
      [true, 1],
      [true, 1],
      [true, 1],
    ]);
    expect(consolidate([...facts].reverse(), 2)).toEqual(torn);
  });
});

function changed(consolidation: Consolidation, last: Map<string, Conversation>): void {
  for (const { conversations } of consolidation.takeChanged()) {
    for (const one of conversations) {
      for (const alias of one.aliases) last.delete(alias);
      last.set(one.conversation, one);
    }
  }
}

/** What must not get lost. */
function knowledgeIn({ couples, sources, externalData, aliases, timeline, participants }: Conversation): string[] {
  return [
    ...couples.flatMap(({ callUuid, connIds, partOf = [], takes }) => [
      callName(callUuid),
      ...connIds,
      ...partOf,
      ...takes.map(({ take }) => take),
    ]),
    ...sources.map(({ take }) => `source ${take}`),
    ...externalData.map(({ key }) => key),
    ...participants.map(({ number }) => number),
    ...aliases,
    ...timeline.filter(({ kind }) => kind === 'hold' || kind === 'pause').map(({ kind }) => kind),
  ];
}
