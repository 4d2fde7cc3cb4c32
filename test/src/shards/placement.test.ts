import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, holdersOf } from '#src/shards';

const settings = { seed: 8, numRuns: process.env['TWINREEL_FULL'] ? 500 : 60 };
const open = (name: string, node = name): Candidate => ({ name, node, phase: 'open' });
const shards = Array.from({ length: 64 }, (_, index) => ({ name: `acme/sip-1/${index + 64}`, nodes: [] }));
const cores = fc.integer({ min: 1, max: 8 }).map((count) => Array.from({ length: count }, (_, at) => open(`n${at}`)));
const placed = (candidates: readonly Candidate[], coverage = 2) =>
  new Map(shards.map((shard) => [shard.name, holdersOf(shard, candidates, coverage)]));

describe('placement', () => {
  it('R-SHD-1: as many holders as wanted, or as there are nodes, each on a node of its own', () => {
    const candidates = fc.uniqueArray(
      fc.record({ name: fc.string({ minLength: 1 }), node: fc.constantFrom('a', 'b', 'c') }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 4 }), (some, coverage) => {
        const all = some.map(({ name, node }) => open(name, node));
        const nodes = holdersOf(shards[0]!, all, coverage).map((name) => all.find((one) => one.name === name)!.node);
        expect(nodes.length).toBe(Math.min(coverage, new Set(all.map(({ node }) => node)).size));
        expect(new Set(nodes).size).toBe(nodes.length);
      }),
      settings,
    );
  });

  it('R-SHD-1: everybody places alike, in whatever order the cores are told', () => {
    fc.assert(
      fc.property(cores, (all) => {
        expect(placed(all.toReversed())).toEqual(placed(all));
      }),
      settings,
    );
  });

  it('R-SHD-1: a core that comes takes what it is to hold, and nothing else moves; the same when it goes', () => {
    fc.assert(
      fc.property(cores, (all) => {
        const [before, after] = [placed(all), placed([...all, open('new')])];
        for (const [shard, holders] of after) {
          const others = before.get(shard)!;
          if (!holders.includes('new')) expect(holders).toEqual(others);
          else expect(others.filter((one) => !holders.includes(one)).length).toBeLessThanOrEqual(1);
        }
      }),
      settings,
    );
  });

  it('R-SHD-1: shards are shared out about evenly, as are those whose holders act', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => open(name));
    for (const name of ['a', 'b', 'c', 'd']) {
      const holders = [...placed(all).values()];
      expect(holders.filter((some) => some.includes(name)).length).toBeGreaterThan(20);
      expect(holders.filter(([first]) => first === name).length).toBeGreaterThan(8);
    }
  });

  it('R-HA-5: who is drained holds nothing, unless there is nobody else', () => {
    const drained: Candidate = { name: 'a', node: 'a', phase: 'draining' };
    expect(holdersOf(shards[0]!, [drained, open('b')], 2)).toEqual(['b']);
    expect(holdersOf(shards[0]!, [drained], 2)).toEqual(['a']);
  });

  it('R-HA-7: where a hand has set nodes all of them hold it, and others only when none of them is there', () => {
    const byHand = { name: 'acme/sip-1/a+b+c/1', nodes: ['a', 'b', 'c'] };
    const there = (...names: string[]) => names.map((name) => open(`${name}/core`, name));
    expect(holdersOf(byHand, there('a', 'b', 'c', 'd'), 2).sort()).toEqual(['a/core', 'b/core', 'c/core']);
    expect(holdersOf(byHand, there('c', 'd'), 2)).toEqual(['c/core']);
    expect(holdersOf(byHand, there('d'), 2)).toEqual(['d/core']);
  });
});
