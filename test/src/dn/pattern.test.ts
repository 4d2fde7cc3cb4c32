import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '#src/dn';

const numRuns = process.env['TWINREEL_FULL'] ? 20_000 : 1_000;

/** The same as an expression, by definition. */
function oracle(pattern: string, text: string): boolean {
  const expression = [...pattern].map((one) =>
    one === '?' ? '.' : one === '*' ? '.*' : `\\x${one.charCodeAt(0).toString(16)}`,
  );
  return new RegExp(`^${expression.join('')}$`).test(text);
}

describe('a pattern', () => {
  it('R-RUL-1: has ? for one character and * for any run, like the expression that says the same', () => {
    const some = (letters: string) =>
      fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((list) => list.join(''));
    fc.assert(
      fc.property(some('12?*'), some('12'), (pattern, text) => {
        expect(compilePattern(pattern)(text), `${pattern} on ${text}`).toBe(oracle(pattern, text));
      }),
      { seed: 5, numRuns },
    );
  });

  it('R-RUL-1: with many * is answered at once also where it fits nowhere', () => {
    expect(compilePattern(`${'*1'.repeat(50)}2`)('1'.repeat(10_000))).toBe(false);
  });
});
