import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DnRanges } from '#src/dn';
import { codeOf } from '#src/errors';

const numRuns = process.env['TWINREEL_FULL'] ? 20_000 : 1_000;

describe('DN ranges', () => {
  it.each([
    ['1000-1900', ['1000', '1500', '1900'], ['999', '1901', '01500', '1500a', '']],
    ['1000-1900, 2000-2700, 3200-3500', ['1900', '2000', '3500'], ['1950', '3501']],
    ['5-1000', ['5', '07', '999', '1000'], ['4', '1001', '00005', '0005-']],
    ['0100-0200', ['0100', '0150'], ['100', '150', '00150']],
    ['3556', ['3556'], ['35560', '3555']],
    ['c1.a_b', ['c1.a_b'], ['c1xa_b', 'C1.A_B']],
    ['a-b', ['a-b'], ['a', 'b']],
    ['10-a', ['10-a'], ['10', '11']],
    ["O'Neil@x.y:5060", ["O'Neil@x.y:5060"], ['ONeil']],
    ['35(0|1)\\d', ['3500', '3519'], ['3520', '35001', '13500']],
    ['7|8', ['7', '8'], ['78', '70', '18']],
    ['\\d{3,4}, 9', ['123', '1234', '9'], ['12', '12345', '99']],
    ['2[0-4]?', ['2', '24'], ['25', '244']],
    ['99999999999999999999-100000000000000000001', ['100000000000000000000'], ['100000000000000000002']],
  ])('R-DN-1: %s', (include, inside, outside) => {
    const ranges = new DnRanges({ include: [include] });
    for (const dn of inside) expect(ranges.has(dn), dn).toBe(true);
    for (const dn of outside) expect(ranges.has(dn), dn).toBe(false);
  });

  it('R-DN-1: both empty are all, blanks too; exclude alone leaves the others; exclude wins', () => {
    expect(new DnRanges().has('anything')).toBe(true);
    expect(new DnRanges({ include: [''], exclude: [' ', ','] }).areAll).toBe(true);
    const butOne = new DnRanges({ exclude: ['1500'] });
    expect([butOne.has('1500'), butOne.has('1501')]).toEqual([false, true]);
    const both = new DnRanges({ include: ['1000-1900'], exclude: ['1[5]00', '1600-1700'] });
    expect([both.has('1500'), both.has('1650'), both.has('1499')]).toEqual([false, false, true]);
  });

  it('R-DN-2: says which item lets a DN in or keeps it out', () => {
    const ranges = new DnRanges({ include: ['1000-1900,35\\d\\d'], exclude: ['1234'] });
    expect(ranges.verdict('1000')).toEqual({ isWatched: true, by: '1000-1900' });
    expect(ranges.verdict('3556')).toEqual({ isWatched: true, by: '35\\d\\d' });
    expect(ranges.verdict('1234')).toEqual({ isWatched: false, by: '1234' });
    expect(ranges.verdict('9')).toEqual({ isWatched: false });
    expect(ranges.whyNone(['9', '1234'])).toBe('DN 9 is in no range that is included');
    expect(ranges.whyNone(['1234'])).toBe('DN 1234 is in 1234, which is excluded');
    expect([ranges.whyNone(['9', '1000']), ranges.whyNone([])]).toEqual([undefined, undefined]);
  });

  it.each([
    ['1900-1000', 'begins with the smaller number: 1000-1900'],
    ['35(', 'nor a regular expression'],
    ['*', 'nor a regular expression'],
    [')(', 'nor a regular expression'],
    ['a'.repeat(600), 'at most 512 characters'],
  ])('R-DN-1: %s is refused with what is allowed', (include, allowed) => {
    const attempt = () => new DnRanges({ include: [include] });
    expect(attempt).toThrow(allowed);
    try {
      attempt();
    } catch (error) {
      expect(codeOf(error)).toBe('dn-range-invalid');
    }
  });

  it('R-DN-1: agree with counting, for all ranges of short numbers', () => {
    const digits = fc.array(fc.constantFrom('0', '1', '2', '9'), { minLength: 1, maxLength: 3 });
    const number = digits.map((list) => list.join(''));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number), { maxLength: 3 }),
        fc.array(number, { maxLength: 2 }),
        number,
        (pairs, dns, dn) => {
          const sorted = pairs.map(([a, b]) => (Number(a) <= Number(b) ? [a, b] : [b, a]) as [string, string]);
          const inRange = ([from, to]: [string, string]) =>
            Number(dn) >= Number(from) &&
            Number(dn) <= Number(to) &&
            dn.length >= Math.min(from.length, to.length) &&
            dn.length <= Math.max(from.length, to.length);
          const include = sorted.map(([from, to]) => `${from}-${to}`);
          const expected = !dns.includes(dn) && (pairs.length === 0 || sorted.some(inRange));
          expect(new DnRanges({ include, exclude: dns }).has(dn)).toBe(expected);
        },
      ),
      { seed: 5, numRuns },
    );
  });
});
