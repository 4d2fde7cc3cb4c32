import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnRanges } from '#src/dn';
import { type CutRules, type Shard, shardsOf } from '#src/shards';

const numRuns = process.env['TWINREEL_FULL'] ? 500 : 60;
const settings = { seed: 8, numRuns };
const rules = (dnsPerShardMax: number): CutRules => ({ dnsPerShardMax, ranges: [] });
const dns = fc.uniqueArray(fc.integer({ min: 1_000, max: 99_999 }).map(String), { maxLength: 200 });
const cut = (numbers: readonly string[], most: number) =>
  shardsOf({ tenant: 'acme', switch: 'sip-1', dns: numbers }, rules(most));
const shardOfEach = (shards: readonly Shard[]) =>
  new Map(shards.flatMap(({ name, dns: held }) => held.map((dn) => [dn, name] as const)));
const summary = (shards: readonly Shard[]) => shards.map(({ name, digest, dns: held }) => [name, digest, held.length]);

describe('shards of a site', () => {
  it('R-SHD-1: every DN is in one shard, and no shard has more than it may', () => {
    fc.assert(
      fc.property(dns, fc.integer({ min: 1, max: 40 }), (numbers, most) => {
        const shards = cut(numbers, most);
        expect(shards.flatMap((one) => one.dns).sort()).toEqual([...numbers].sort());
        for (const one of shards) expect(one.dns.length).toBeLessThanOrEqual(most);
      }),
      settings,
    );
  });

  it('R-SHD-1: everybody cuts alike, in whatever order the DNs are told', () => {
    fc.assert(
      fc.property(dns, fc.integer({ min: 1, max: 40 }), (numbers, most) => {
        expect(summary(cut(numbers.toReversed(), most))).toEqual(summary(cut(numbers, most)));
      }),
      settings,
    );
  });

  it('R-SHD-1: one DN more leaves all others where they are, but for one shard that is cut', () => {
    fc.assert(
      fc.property(dns, fc.integer({ min: 2, max: 40 }), (numbers, most) => {
        const before = shardOfEach(cut(numbers, most));
        const after = shardOfEach(cut([...numbers, 'new'], most));
        const moved = numbers.filter((dn) => before.get(dn) !== after.get(dn));
        expect(new Set(moved.map((dn) => before.get(dn))).size).toBeLessThanOrEqual(1);
        expect(moved.length).toBeLessThanOrEqual(most);
      }),
      settings,
    );
  });

  it('R-SHD-1: numbers one after the other come to shards of about the same size', () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => `${20_000 + index}`);
    const sizes = cut(numbers, 1_200).map((one) => one.dns.length);
    expect(sizes.length).toBe(16);
    expect(Math.min(...sizes)).toBeGreaterThan(500);
  });

  it('R-SHD-1: a small site is one shard, its ordinal the root of the tree; odd names stay apart', () => {
    expect(cut(['7001', '7002'], 1_200).map(({ name }) => name)).toEqual(['acme/sip-1/1']);
    const [odd] = shardsOf({ tenant: 'a/b', switch: 'Main Street', dns: ['1'] }, rules(10));
    expect(odd!.name).toBe('a%2Fb/Main%20Street/1');
  });

  it('R-SHD-1, R-HA-7: ranges set by hand may overlap; a DN belongs to all whose range it is in, one in none to anybody', () => {
    const range = (node: string, include: string, more = {}) => ({
      node,
      dns: new DnRanges({ include: [include] }),
      ...more,
    });
    const site = { tenant: 'acme', switch: 'sip-1', dns: ['1000', '1500', '2000', '3000'] };
    const ranges = [range('a', '1000-1999'), range('b', '1500-2999'), range('c', '1-9999', { switch: 'sip-2' })];
    const shards = shardsOf(site, { dnsPerShardMax: 10, ranges });
    expect(shards.map(({ name, nodes, dns: held }) => [name, nodes, held])).toEqual([
      ['acme/sip-1/a/1', ['a'], ['1000']],
      ['acme/sip-1/a+b/1', ['a', 'b'], ['1500']],
      ['acme/sip-1/b/1', ['b'], ['2000']],
      ['acme/sip-1/1', [], ['3000']],
    ]);
  });
});
