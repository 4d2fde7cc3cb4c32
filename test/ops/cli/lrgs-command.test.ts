// What `twinreel lrgs` shows of groups.

import { expect, it } from 'vitest';
import { lrgsText } from '../../../ops/cli/lrgs-command.ts';

it('R-HA-4: groups with their members, and what became of what they were sent', () => {
  const member = { redundancyType: 'active', phase: 'up', inUse: 4, capacity: 1_350, cancelled: 0 } as const;
  const text = lrgsText({
    listeners: ['udp/127.0.0.1:5070'],
    groups: [
      {
        name: 'FIRST',
        loadBalanceScheme: 'least-used',
        monitorMethod: 'options',
        refused: 1,
        members: [
          {
            ...member,
            aor: 'sip:10.0.0.1:5060',
            node: 'node-1',
            offered: 9,
            accepted: 7,
            declined: 1,
            failed: 1,
            silent: 0,
          },
          {
            ...member,
            aor: 'sip:10.0.0.2:5060',
            redundancyType: 'passive',
            phase: 'down',
            inUse: 0,
            offered: 0,
            accepted: 0,
            declined: 0,
            failed: 0,
            silent: 0,
          },
        ],
      },
    ],
    unknown: 2,
    signalling: {
      requestsReceived: 20,
      requestsSent: 20,
      repeatsAbsorbed: 0,
      refused: { malformed: 3 },
      transactions: 0,
    },
  });
  expect(text.split('\n')).toEqual([
    'FIRST: least-used, watched by options, 1 taken by nobody',
    'recorder           node    phase          ports  of    offered  accepted  declined  failed  silent',
    'sip:10.0.0.1:5060  node-1  up                 4  1350        9         7         1       1       0',
    'sip:10.0.0.2:5060          down, passive      0  1350        0         0         0       0       0',
    '',
    'udp/127.0.0.1:5070: 2 meant no group, 3 messages refused',
  ]);
});
