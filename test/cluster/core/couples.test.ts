// What a core has told of couples. How it gets to others is for the outbox.

import { expect, it } from 'vitest';
import type { WrittenFact } from '#cluster/outbox';
import { VirtualClock } from '#src/ports';
import type { Couple } from '#src/recording';
import { Couples } from '../../../cluster/core/couples.io.ts';

function word(sid: string, phase: Couple['phase']) {
  return {
    tenant: 'acme',
    sid,
    isEnded: phase === 'ended',
    statusN: 0,
    couple: { tenant: 'acme', sid, phase } as Couple,
  };
}

it('R-SUP-1, R-SHD-2: what changes at once is told once, after it was secured; those that run are listed first', () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const outbox = {
    untold: 3,
    tellWritten: (facts: readonly WrittenFact[]) => {
      for (const { subject, text } of facts) seen.push(`${subject} ${(JSON.parse(text) as Couple).phase}`);
    },
  };
  const couples = new Couples({ outbox, clock, secure: () => void seen.push('secured') });
  couples.tell(word('a', 'talking'));
  couples.tell(word('a', 'held'));
  couples.tell(word('b', 'talking'));
  expect([seen, couples.untold]).toEqual([[], 5]);
  clock.advance(100);
  expect([seen, couples.untold]).toEqual([['secured', 'couple:acme/a held', 'couple:acme/b talking'], 3]);
  couples.tell(word('a', 'ended'));
  couples.tell(word('c', 'talking'));
  expect(couples.list().map(({ sid }) => sid)).toEqual(['c', 'b', 'a']);
  couples.stop();
  clock.advance(1_000);
  expect(seen).toHaveLength(3);
});

it('R-SUP-1: many that change at once are written a few at a time and told together; who changes meanwhile is told once more', () => {
  const clock = new VirtualClock(0);
  const told: string[][] = [];
  const outbox = {
    untold: 0,
    tellWritten: (facts: readonly WrittenFact[]) =>
      void told.push(
        facts.map(({ text }) => `${(JSON.parse(text) as Couple).sid} ${(JSON.parse(text) as Couple).phase}`),
      ),
  };
  const couples = new Couples({ outbox, clock, secure: () => {} });
  const sids = Array.from({ length: 60 }, (_, index) => `s${index}`);
  for (const sid of sids) couples.tell(word(sid, 'talking'));
  clock.after(100, () => couples.tell(word('s59', 'held')));
  clock.advance(100);
  expect([told.map((one) => one.length), couples.untold]).toEqual([[60], 1]);
  expect(told[0]).toEqual(sids.map((sid) => `${sid} talking`));
  expect(couples.list()[0]).toMatchObject({ sid: 's59', phase: 'held' });
  clock.advance(100);
  expect(told[1]).toEqual(['s59 held']);
});

it('R-SUP-1: what waits for the last words that were told runs when they are kept, also when more are told meanwhile', () => {
  const clock = new VirtualClock(0);
  const done: string[] = [];
  const outbox = {
    untold: 0,
    tellWritten: (facts: readonly WrittenFact[]) => void done.push(`${facts.length} kept`),
  };
  const couples = new Couples({ outbox, clock, secure: () => {} });
  couples.whenKept(() => done.push('nothing'));
  for (let index = 0; index < 60; index += 1) couples.tell(word(`s${index}`, 'ended'));
  couples.whenKept(() => done.push('all'));
  // While they are written.
  clock.after(100, () => {
    couples.whenKept(() => done.push('all, written'));
    couples.tell(word('b', 'ended'));
    couples.whenKept(() => done.push('b'));
  });
  clock.advance(99);
  expect(done).toEqual(['nothing']);
  clock.advance(1);
  expect(done).toEqual(['nothing', '60 kept', 'all', 'all, written']);
  clock.advance(100);
  expect(done.slice(4)).toEqual(['1 kept', 'b']);
});
