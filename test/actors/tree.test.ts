import { expect, it } from 'vitest';
import { renderTree } from '#actors/kit';
import { tree } from '../../actors/tree.ts';

it('R-SUP-1: the supervision tree holds together and says of each kind what rebuilds it', () => {
  expect(renderTree(tree).split('\n')).toHaveLength(Object.keys(tree).length);
  for (const kind of Object.values(tree)) expect(kind.rebuiltFrom).not.toBe('');
});
