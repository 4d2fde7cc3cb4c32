import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mailbox, type MailboxLimit } from '../../../actors/kit/mailbox.ts';

interface Letter {
  readonly own: boolean;
  readonly id: number;
}

describe('a mailbox', () => {
  it.each(['refuse', 'drop-newest', 'drop-oldest'] as const)('R-SUP-1: %s agrees with its model', (whenFull) => {
    const action = fc.constantFrom('own', 'other', 'other', 'take');
    const property = fc.property(
      fc.array(action, { maxLength: 400 }),
      fc.integer({ min: 1, max: 80 }),
      (actions, max) => {
        const limit: MailboxLimit = { max, whenFull };
        const mailbox = new Mailbox<Letter>(limit);
        let model: Letter[] = [];
        actions.forEach((one, id) => {
          if (one === 'take') {
            expect(mailbox.take()).toEqual(model.shift());
            return;
          }
          const letter = { own: one === 'own', id };
          const others = model.filter((waiting) => !waiting.own);
          const full = !letter.own && others.length >= max;
          if (!full) {
            expect(mailbox.offer(letter)).toEqual({ offer: 'queued' });
            model.push(letter);
          } else if (whenFull === 'drop-oldest') {
            expect(mailbox.offer(letter)).toEqual({ offer: 'queued', displaced: others[0] });
            model = [...model.filter((waiting) => waiting !== others[0]), letter];
          } else {
            expect(mailbox.offer(letter)).toEqual({ offer: whenFull === 'refuse' ? 'refused' : 'dropped' });
          }
          expect(mailbox.length).toBe(model.length);
        });
        expect(mailbox.drain()).toEqual(model);
        expect(mailbox.length).toBe(0);
      },
    );
    fc.assert(property, { seed: 1, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 100 });
  });
});
