import { expect, it } from 'vitest';
import { type Accounted, accountFor } from '../../../cluster/replay/account.ts';

const one = (conversation: string, more: Partial<Accounted> = {}): Accounted => ({
  tenant: 'acme',
  conversation,
  phase: 'ended',
  takes: [`take-${conversation}`],
  sids: [`sid-${conversation}`],
  ...more,
});
const catalogued = (conversations: number) => [{ tenant: 'acme', conversations }];

it.each([
  ['all is well', [one('a'), one('b')], ['take-a'], 2, 0, []],
  [
    'a take in two',
    [one('a'), one('b', { takes: ['take-a'] })],
    [],
    2,
    0,
    ['recording take-a is in two conversations: a and b'],
  ],
  [
    'a couple in two',
    [one('a'), one('b', { sids: ['sid-a'] })],
    [],
    2,
    0,
    ['couple sid-a is in two conversations: a and b'],
  ],
  [
    'the same take of two tenants',
    [one('a'), one('a', { tenant: 'beta' })],
    [],
    1,
    0,
    ['of beta 1 conversations are known, the catalogue holds 0'],
  ],
  ['a take in none', [one('a')], ['take-a', 'take-z'], 1, 0, ['recording take-z is in no conversation']],
  ['one too many', [one('a')], [], 2, 0, ['of acme 1 conversations are known, the catalogue holds 2']],
  ['one that is deleted', [one('a', { phase: 'deleted' })], ['take-a'], 0, 0, []],
  ['one on its way', [one('a')], [], 0, 1, ['1 conversations are not in the catalogue yet']],
] as const)('R-RPL-1: each conversation is accounted for once: %s', (_, known, takes, held, waiting, findings) => {
  expect(accountFor(known, takes, held === 0 ? [] : catalogued(held), waiting).findings).toEqual(findings);
});

it('R-RPL-1: which conversations count as running is told', () => {
  const { running } = accountFor([one('a'), one('b', { phase: 'running' })], [], catalogued(2), 0);
  expect(running).toEqual([{ tenant: 'acme', conversation: 'b', sids: ['sid-b'] }]);
});
