import { expect, it } from 'vitest';
import { parseConfig, rolesOf } from '#src/config';

const text = 'nodes:\n  rec-1: { roles: [recorder] }\n  core-1: { roles: [core] }\n';

it('R-HA-6: one file says what runs on each of many machines; one that is not named runs everything', () => {
  const rolesAt = (node: string) => rolesOf(parseConfig(text, 'cluster.yaml', node));
  expect([rolesAt('rec-1'), rolesAt('core-1'), rolesAt('other')]).toEqual([
    ['recorder'],
    ['core'],
    ['recorder', 'core', 'resource-manager', 'replay'],
  ]);
});

it('R-HA-6: a node whose name from outside is no name is refused with what is allowed', () => {
  expect(() => parseConfig(text, 'cluster.yaml', 'rec 1')).toThrow(/node: "rec 1" is not allowed/);
});
