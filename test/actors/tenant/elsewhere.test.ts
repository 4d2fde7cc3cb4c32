import { describe, expect, it } from 'vitest';
import type { SessionNews } from '#src/recording';
import { Elsewhere } from '../../../actors/tenant/elsewhere.ts';

const news = (take: string, callUuid: string, phase: SessionNews['phase'] = 'recording') =>
  ({ take, callUuid, phase }) as SessionNews;

/** What runs of the call FIRST, after all of these. */
function running(...told: readonly (SessionNews | { readonly lost: string })[]): readonly string[] {
  const elsewhere = new Elsewhere();
  for (const one of told) 'lost' in one ? elsewhere.lost([one.lost]) : elsewhere.told(one);
  const takes = elsewhere.joined('FIRST').map(({ take }) => take);
  expect(elsewhere.joined('FIRST')).toEqual([]);
  return takes;
}

describe('recordings of parties whom other cores watch', () => {
  it.each([
    ['that run of the call', [news('a', 'FIRST'), news('b', 'FIRST'), news('a', 'FIRST')], ['a', 'b']],
    ['of another call are not its', [news('a', 'SECOND')], []],
    ['that have ended run no more', [news('a', 'FIRST'), news('b', 'FIRST'), news('a', 'FIRST', 'lingering')], ['b']],
    ['that are lost run no more', [news('a', 'FIRST'), { lost: 'a' }], []],
  ])('R-SHD-2: those %s', (_, told, takes) => {
    expect(running(...told)).toEqual(takes);
  });
});
