// Which group is meant by recdest.

import { expect, it } from 'vitest';
import { Group, groupOf } from '#cluster/resource-manager';
import { configSchema } from '#src/config';

const { resourceManager } = configSchema.parse({
  resourceManager: {
    groups: [
      { name: 'FIRST', members: [{ aor: 'sip:10.0.0.1' }, { aor: 'sip:rec-2.example:5080;transport=tcp' }] },
      { name: 'SECOND', members: [{ aor: 'sip:10.0.0.3:5060' }], recdest: ['second.example', 'rm.example:5072'] },
    ],
  },
});
const groups = resourceManager.groups.map((group) => new Group(group, 3));
const own = new Set(['10.0.0.9:5070']);
const keys = ';calluuid=AB;dn=7001;recordDN=7001';

it.each([
  ['its name', 'FIRST', 'FIRST'],
  ['its name, whatever the case, with a port that the media server added', 'second:5060', 'SECOND'],
  ['the address of a recorder in it', '10.0.0.3:5060', 'SECOND'],
  ['the address of one of several', 'REC-2.example:5080', 'FIRST'],
  ['the port that is meant where there is none', '10.0.0.3', 'SECOND'],
  ['a further host', 'second.example:5070', 'SECOND'],
  ['a further host with its port', 'rm.example:5072', 'SECOND'],
  ['the resource manager itself: the first group', '10.0.0.9:5070', 'FIRST'],
  ['another port of a recorder: nobody', '10.0.0.3:5062', undefined],
  ['somebody else: nobody', 'rm.example:5073', undefined],
])('R-HA-4: recdest names %s', (_what, place, name) => {
  expect(groupOf(`sip:record=007@${place}${keys}`, groups, own)?.config.name).toBe(name);
});

it('R-HA-4: where there is one group, it is meant whatever recdest says', () => {
  expect(groupOf('sip:record=007@anybody.example', groups.slice(0, 1), own)?.config.name).toBe('FIRST');
  expect(groupOf('sip:record=2018-02-21:20-14-10.0.0.9:15060', groups.slice(0, 1), own)?.config.name).toBe('FIRST');
});
