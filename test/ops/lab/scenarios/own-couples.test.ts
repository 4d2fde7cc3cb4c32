import { describe, expect, it } from 'vitest';
import { isOwn } from '#ops/lab/scenarios';

describe('R-LAB-1: what a step of a scenario means by the couple of a DN', () => {
  // As it was with seed 34: its DN had a couple of a call that never was, told of while its own call was up.
  const couples = [
    { sid: 'earlier', callUuid: 'EARLIER' },
    { sid: 'never', callUuid: 'FOREIGN' },
    { sid: 'own', callUuid: 'CALL' },
  ];
  const all: readonly [string, readonly string[], readonly string[], readonly string[]][] = [
    ['nothing was before', [], [], ['earlier', 'never', 'own']],
    ['not one of an earlier scenario', ['earlier'], [], ['never', 'own']],
    ['not one of a call that never was', ['earlier'], ['FOREIGN'], ['own']],
  ];

  it.each(all)('%s', (_, known, foreign, own) => {
    const found = couples.filter(isOwn(new Set(known), new Set(foreign)));
    expect(found.map(({ sid }) => sid)).toEqual(own);
  });

  it('also of a call of which is told after the scenario began', () => {
    const foreign = new Set<string>();
    const isMeant = isOwn(new Set(), foreign);
    foreign.add('FOREIGN');
    expect(couples.filter(isMeant).map(({ sid }) => sid)).toEqual(['earlier', 'own']);
  });
});
