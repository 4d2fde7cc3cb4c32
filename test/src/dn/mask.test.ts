import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallNumbers, MaskList } from '#src/dn';
import { codeOf } from '#src/errors';

const numRuns = process.env['TWINREEL_FULL'] ? 20_000 : 1_000;
const call = (calling: string, ...called: string[]): CallNumbers => ({ calling: [calling], called });

describe('a mask', () => {
  it.each([
    ['200?', ['2000', '2009'], ['2010', '200', '20000']],
    ['20??', ['2000', '2099'], ['2100', '209']],
    ['2*', ['2', '2999'], ['12', '']],
    ['*2', ['2', '9992'], ['21']],
    ['1001?,10020', ['10019', '10020'], ['10021', '1001']],
    ['1001? , 10020', ['10019', '10020'], ['10021']],
    ['', ['2000', ''], []],
    ['*', ['2000', ''], []],
    ['1001,*', ['2000'], []],
    ['agent?(7)', ['agent1(7)'], ['agent7']],
  ])('R-RUL-1: %s is about either side', (mask, numbers, others) => {
    const masks = MaskList.parse(mask);
    for (const one of numbers) {
      expect(masks.matches(call(one, '77')), `from ${one}`).toBe(true);
      expect(masks.matches(call('77', one)), `to ${one}`).toBe(true);
    }
    for (const one of others) expect(masks.matches(call(one, '77')), one).toBe(false);
  });

  it.each([
    ['2005>', call('2005', '1'), call('1', '2005')],
    ['>2005', call('1', '2005'), call('2005', '1')],
    ['>2005', call('1', '800', '2005'), call('1', '800')],
    ['20??>', call('2099', '1'), call('1', '2099')],
    ['20??>1*', call('2099', '112'), call('2099', '212')],
    ['2501=2525', call('2501', '2525'), call('2501', '2501')],
    ['2501=2525', call('2525', '2501'), call('2525', '3')],
  ])('R-RUL-1: %s minds who calls', (mask, matching, other) => {
    expect(MaskList.parse(mask).matches(matching)).toBe(true);
    expect(MaskList.parse(mask).matches(other)).toBe(false);
  });

  it('R-RUL-1: that is every call takes one without numbers, too; any other does not', () => {
    const none = { calling: [], called: [] };
    expect(MaskList.parse(' ').matches(none)).toBe(true);
    expect(MaskList.parse('?*').matches(none)).toBe(false);
  });

  it.each(['>', '=', '2501=', '=2525', '1>2>3', '1=2>3', '1,,2', '1 2', 'a/b', '<5', '{2}', '1,', ','])(
    'R-RUL-1: "%s" is refused with what is allowed',
    (mask) => {
      const attempt = () => MaskList.parse(mask);
      expect(attempt).toThrow(/is not allowed; .*\(masks are such as 200\?/);
      try {
        attempt();
      } catch (error) {
        expect(codeOf(error)).toBe('dn-mask-invalid');
      }
    },
  );

  it('R-RUL-1: agrees with what its parts say, in any list', () => {
    const number = fc.constantFrom('1', '12', '2', '21', '200');
    const side = fc.constantFrom('1', '1?', '2*', '*', '?');
    const item = fc.oneof(
      side,
      side.map((one) => `${one}>`),
      side.map((one) => `>${one}`),
      fc.tuple(side, side).map(([one, other]) => `${one}=${other}`),
      fc.tuple(side, side).map(([one, other]) => `${one}>${other}`),
    );
    const is = (pattern: string, numbers: readonly string[]) => {
      const expression = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`);
      return numbers.some((one) => expression.test(one));
    };
    const oracle = (mask: string, { calling, called }: CallNumbers): boolean => {
      if (mask === '*') return true;
      const [left = '', right] = mask.split(/[>=]/);
      if (right === undefined) return is(left, [...calling, ...called]);
      if (mask.includes('>')) return (left === '' || is(left, calling)) && (right === '' || is(right, called));
      return (is(left, calling) && is(right, called)) || (is(right, calling) && is(left, called));
    };
    const calls = fc.record({
      calling: fc.array(number, { maxLength: 2 }),
      called: fc.array(number, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 3 }), calls, (items, numbers) => {
        const expected = items.some((one) => oracle(one, numbers));
        expect(MaskList.parse(items.join(',')).matches(numbers), items.join(',')).toBe(expected);
      }),
      { seed: 5, numRuns },
    );
  });
});
