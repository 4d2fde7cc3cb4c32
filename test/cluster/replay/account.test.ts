import { expect, it } from 'vitest';
import type { Conversation } from '#src/recording/consolidate';
import { type AccountPage, AddedUp, conversationsPage, recordingsPage } from '../../../cluster/replay/account.ts';

interface Drawn {
  readonly tenant?: string;
  readonly phase?: Conversation['phase'];
  readonly takes?: readonly string[];
  readonly sids?: readonly string[];
}

const one = (conversation: string, drawn: Drawn = {}): Conversation => {
  const { tenant = 'acme', phase = 'ended', takes = [`take-${conversation}`], sids = [`sid-${conversation}`] } = drawn;
  const [sources, couples] = [takes.map((take) => ({ take })), sids.map((sid) => ({ sid }))];
  return { tenant, conversation, phase, sources, couples } as unknown as Conversation;
};

const together = (...conversations: Conversation[]) => [{ conversations, namesElsewhere: [] }];

/** Of pages of conversations, the recordings of the store, and what the catalogue holds. */
function accountOf(pages: readonly AccountPage[], takes: readonly string[], held: number, waiting = 0) {
  const all = new AddedUp();
  for (const page of pages) all.add(page);
  const tenants = held === 0 ? [] : [{ tenant: 'acme', conversations: held }];
  all.add({ ...recordingsPage(takes, (take) => take !== 'take-z'), catalogue: { tenants, waiting } });
  return all.account;
}

it.each([
  ['all is well', together(one('a'), one('b')), ['take-a'], 2, 0, []],
  [
    'a take in two',
    together(one('a'), one('b', { takes: ['take-a'] })),
    [],
    2,
    0,
    ['recording take-a is in two conversations: a and b'],
  ],
  [
    'a couple in two',
    together(one('a'), one('b', { sids: ['sid-a'] })),
    [],
    2,
    0,
    ['couple sid-a is in two conversations: a and b'],
  ],
  [
    'a name that leads elsewhere',
    [{ conversations: [one('a')], namesElsewhere: ['take take-a'] }],
    [],
    1,
    0,
    ['take take-a is of a, and of another conversation'],
  ],
  [
    'the same take of two tenants',
    together(one('a'), one('a', { tenant: 'beta' })),
    [],
    1,
    0,
    ['of beta 1 conversations are known, the catalogue holds 0'],
  ],
  ['a take in none', together(one('a')), ['take-a', 'take-z'], 1, 0, ['recording take-z is in no conversation']],
  ['one too many', together(one('a')), [], 2, 0, ['of acme 1 conversations are known, the catalogue holds 2']],
  ['one that is deleted', together(one('a', { phase: 'deleted' })), ['take-a'], 0, 0, []],
  ['one on its way', together(one('a')), [], 0, 1, ['1 conversations are not in the catalogue yet']],
] as const)('R-RPL-1: each conversation is accounted for once: %s', (_, groups, takes, held, waiting, findings) => {
  expect(accountOf([conversationsPage(groups)], takes, held, waiting).findings).toEqual(findings);
});

it('R-RPL-1: pages add up, and which conversations count as running is told', () => {
  const pages = [together(one('a')), together(one('b', { phase: 'running' })), together(one('c'))];
  expect(accountOf(pages.map(conversationsPage), ['take-a', 'take-b'], 3)).toEqual({
    conversations: 3,
    recordings: 2,
    findings: [],
    running: [{ tenant: 'acme', conversation: 'b', sids: ['sid-b'] }],
  });
});

it('R-RPL-1: of very many findings the first thousand are told, and how many there are', () => {
  const { findings } = accountOf([], Array.from({ length: 1_500 }).fill('take-z') as string[], 0);
  expect(findings).toHaveLength(1_001);
  expect(findings.at(-1)).toBe('and 500 more like these');
});
