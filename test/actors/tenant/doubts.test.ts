import { describe, expect, it } from 'vitest';
import { Doubts } from '../../../actors/tenant/doubts.ts';

describe('who is in a call while nobody can tell', () => {
  it('R-CTI-3: a call that the server does not name again is one the DN has left', () => {
    const doubts = new Doubts();
    doubts.told('sw', '3556', 'a', 'conn-a');
    doubts.told('sw', '3556', 'b', 'conn-b');
    doubts.told('sw', '3557', 'a', 'conn-a');
    doubts.lost('sw');
    doubts.told('sw', '3556', 'b', 'conn-b');
    expect(doubts.settle('sw', '3556')).toEqual(['a']);
    expect(doubts.settle('sw', '3556')).toEqual([]);
    expect(doubts.settle('sw', '3557')).toEqual(['a']);
  });

  it('R-CTI-3: a call that began after the link was lost is not doubted, nor one of another switch', () => {
    const doubts = new Doubts();
    doubts.told('other', '3556', 'theirs', 'conn-theirs');
    doubts.lost('sw');
    doubts.told('sw', '3556', 'new', 'conn-new');
    expect(doubts.settle('sw', '3556')).toEqual([]);
    expect(doubts.settle('other', '3556')).toEqual([]);
  });

  it('R-CTI-4: a DN that comes into another call has left the one it comes from', () => {
    const doubts = new Doubts();
    doubts.told('sw', '3557', 'consult', 'conn-consult');
    doubts.told('sw', '3556', 'first', 'conn-first');
    doubts.told('sw', '3557', 'first', 'conn-first');
    expect(doubts.from('sw', '3557', 'conn-consult', 'first')).toEqual(['consult']);
    expect(doubts.from('sw', '3557', 'conn-first', 'first')).toEqual([]);
    expect(doubts.from('other', '3557', 'conn-consult', 'first')).toEqual([]);
  });

  it('R-CTI-3: one DN in one call can be doubted alone', () => {
    const doubts = new Doubts();
    doubts.told('sw', '3556', 'a', 'conn-a');
    doubts.told('sw', '3556', 'b', 'conn-b');
    doubts.doubt('sw', '3556', 'a');
    doubts.doubt('sw', '3557', 'a');
    doubts.doubt('sw', '3556', 'unknown');
    expect(doubts.settle('sw', '3556')).toEqual(['a']);
    expect(doubts.settle('sw', '3557')).toEqual([]);
  });

  it('R-CTI-3: a call that is over is nobody’s', () => {
    const doubts = new Doubts();
    doubts.told('sw', '3556', 'a', 'conn-a');
    doubts.lost('sw');
    doubts.end('a');
    expect(doubts.settle('sw', '3556')).toEqual([]);
  });
});
