import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Couple, callName, connName } from '#src/recording';
import { conversationsOf } from '#src/recording/consolidate';

interface Told {
  readonly tenant?: string;
  readonly connIds?: readonly string[];
  readonly partOf?: readonly string[];
}

function couple(callUuid: string, startedMs: number, { tenant = 'acme', connIds = [], partOf }: Told = {}): Couple {
  const sid = `${tenant}-${callUuid}-${startedMs}`;
  const named = { sid, tenant, callUuid, connIds: [...connIds], recordingId: sid, dn: '3556' };
  return {
    ...named,
    ...(partOf && { partOf: [...partOf] }),
    callType: 'inbound',
    phase: 'ended',
    startedMs,
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: '' },
    standing: 'recording',
    problem: 'NO_PROBLEM',
    takes: [],
    externalData: {},
  };
}

const sidsOf = (couples: readonly Couple[], callsMax?: number) =>
  conversationsOf(couples, callsMax).map((one) => one.couples.map(({ sid }) => sid));

describe('couples of one conversation', () => {
  it('R-CTI-5: a question to a colleague and the call it is about, by PreviousConnID or RefCallUUID', () => {
    const first = couple('A', 1, { connIds: ['0a'] });
    const asked = couple('B', 2, { connIds: ['0b'], partOf: [connName('0a')] });
    const named = couple('C', 3, { connIds: ['0c'], partOf: [callName('A')] });
    const alone = couple('D', 4, { connIds: ['0d'] });
    expect(sidsOf([alone, named, asked, first])).toEqual([[first.sid, asked.sid, named.sid], [alone.sid]]);
  });

  it('R-CTI-5: one call at two switches keeps its connection id, and a call that nobody recorded joins two that were', () => {
    const here = couple('A', 1, { connIds: ['0a'] });
    const there = couple('B', 2, { connIds: ['0a', '0x'] });
    const after = couple('C', 3, { partOf: [connName('0x')] });
    expect(sidsOf([after, here, there])).toEqual([[here.sid, there.sid, after.sid]]);
  });

  it('R-CTI-5: equal names of two tenants are two conversations, with ids of their own', () => {
    const both = ['acme', 'globex'].map((tenant) => couple('A', 1, { tenant, connIds: ['0a'] }));
    expect(sidsOf(both)).toEqual([['acme-A-1'], ['globex-A-1']]);
    expect(new Set(conversationsOf(both).map(({ id }) => id)).size).toBe(2);
  });

  it('R-CTI-5: names that join too many calls join none of them, and it is said', () => {
    const all = [1, 2, 3].map((at) => couple(`C${at}`, at, { connIds: ['0'] }));
    expect(sidsOf(all, 3)).toHaveLength(1);
    expect(conversationsOf(all, 2)).toMatchObject([{ isTorn: true }, { isTorn: true }, { isTorn: true }]);
  });

  it('R-CTI-5: any order and repetition of what is known gives the same; every couple is in one conversation; none is torn apart by knowing more', () => {
    const names = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F');
    const one = fc
      .record({
        callUuid: names,
        connIds: fc.array(names, { maxLength: 2 }),
        partOf: fc.array(fc.oneof(names.map(callName), names.map(connName)), { maxLength: 2 }),
        startedMs: fc.integer({ min: 0, max: 1_000 }),
      })
      .map(({ callUuid, startedMs, ...told }) => couple(callUuid, startedMs, told));
    const known = fc.uniqueArray(one, { maxLength: 8, selector: ({ sid }) => sid });
    fc.assert(
      fc.property(known, fc.infiniteStream(fc.nat()), one, (couples, draws, more) => {
        const shuffled = couples
          .map((each) => ({ each, at: draws.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        expect(conversationsOf(shuffled)).toEqual(conversationsOf(couples));
        expect(sidsOf(couples).flat().sort()).toEqual(couples.map(({ sid }) => sid).sort());
        expect(componentsOf(couples)).toEqual(setsOf(sidsOf(couples)));
        if (couples.some(({ sid }) => sid === more.sid)) return;
        const after = sidsOf([...couples, more]);
        for (const together of sidsOf(couples))
          expect(after.some((group) => together.every((sid) => group.includes(sid)))).toBe(true);
      }),
      { seed: 9, numRuns: process.env['TWINREEL_FULL'] ? 5_000 : 200 },
    );
  });
});

const setsOf = (groups: readonly (readonly string[])[]) => groups.map((group) => [...group].sort().join()).sort();

/** The naive way: groups that share a name are poured together until none do. */
function componentsOf(couples: readonly Couple[]): string[] {
  const groups = couples.map(({ sid, callUuid, connIds, partOf = [] }) => ({
    sids: new Set([sid]),
    names: new Set([callName(callUuid), ...connIds.map(connName), ...partOf]),
  }));
  for (let one = 0; one < groups.length; one += 1)
    for (let other = groups.length - 1; other > one; other -= 1) {
      const [a, b] = [groups[one]!, groups[other]!];
      if (![...b.names].some((name) => a.names.has(name))) continue;
      for (const sid of b.sids) a.sids.add(sid);
      for (const name of b.names) a.names.add(name);
      groups.splice(other, 1);
      other = groups.length;
    }
  return setsOf(groups.map(({ sids }) => [...sids]));
}
