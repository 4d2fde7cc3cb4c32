import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coverageOf, listedIds, namedIds } from '#ops/requirements';

// Ids are put together here, or this file would itself seem to prove them.
const [A, B, C] = ['A', 'B', 'C'].map((name) => `R-${name}-1`) as [string, string, string];
const list = `Words.\n\n- **${A}** The first.\n  It mentions ${C} in passing.\n- **${B}** The second.\n`;

describe('listedIds', () => {
  it('takes definitions, not mentions', () => expect(listedIds(list)).toEqual([A, B]));
  it('refuses an id that is defined twice', () => {
    expect(() => listedIds(`${list}- **${A}** Again.\n`)).toThrow(`${A} is defined twice`);
  });
  it('reads the real list', () => {
    const ids = listedIds(readFileSync('ops/requirements/REQUIREMENTS.md', 'utf8'));
    expect(ids.length).toBeGreaterThan(60);
  });
});

describe('namedIds', () => {
  it.each([
    [`it('${A}: does it')`, [A]],
    [`it("${A}, ${B}: does both")`, [A, B]],
    [`it('${A} and ${B}: does both')`, [A, B]],
    [`it.each([1, (2)])(\`${A} %i\`, f)`, [A]],
    [`it('does it (${A})')`, []],
    [`// ${A} is proved elsewhere`, []],
    [`it('${A}: once'); it('${A}: twice')`, [A, A]],
  ])('%s', (source, ids) => expect(namedIds(source)).toEqual(ids));
});

describe('coverageOf', () => {
  it('counts, lists what nothing names, and finds ids that do not exist', () => {
    const coverage = coverageOf(list, {
      'test/a.test.ts': `it('${A}: one'); it('${A}: two'); it('${C}: ?'); it('${C}: ??')`,
      'test/b.test.ts': `it('${C}: ???')`,
    });
    expect(coverage).toEqual({
      tests: { [A]: 2, [B]: 0 },
      unnamed: [B],
      unknown: { [C]: ['test/a.test.ts', 'test/b.test.ts'] },
    });
  });
});
