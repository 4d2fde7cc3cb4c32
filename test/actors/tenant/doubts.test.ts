import { describe, expect, it } from 'vitest';
import { Doubts } from '../../../actors/tenant/doubts.ts';

describe('who is in a call while nobody can tell', () => {
  it('R-CTI-3: a call that the server does not name again is one the DN has left', () => {
    const doubts = new Doubts();
    doubts.told('sw', '3556', 'a');
    doubts.told('sw', '3556', 'b');
    doubts.told('sw', '3557', 'a');
    doubts.lost('sw');
    doubts.told('sw', '3556', 'b');
    expect(doubts.settle('sw', '3556')).toEqual(['a']);
    expect(doubts.settle('sw', '3556')).toEqual([]);
    expect(doubts.settle('sw', '3557')).toEqual(['a']);
  });

  it('R-CTI-3: a call that began after the link was lost is not doubted, nor one of another switch', () => {
    const doubts = new Doubts();
    doubts.told('other', '3556', 'theirs');
    doubts.lost('sw');
    doubts.told('sw', '3556', 'new');
    expect(doubts.settle('sw', '3556')).toEqual([]);
    expect(doubts.settle('other', '3556')).toEqual([]);
  });

  it('R-CTI-3: a call that is over is nobody’s', () => {
    const doubts = new Doubts();
    doubts.told('sw', '3556', 'a');
    doubts.lost('sw');
    doubts.end('a');
    expect(doubts.settle('sw', '3556')).toEqual([]);
  });
});
