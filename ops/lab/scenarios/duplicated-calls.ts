// Scenarios of duplication: the core asks for each recording at two groups of recorders (dest, dest2), the media server sends it to both
// through a resource manager, and both hold all of it.

import type { Scenario } from './scenario.ts';
import { customer, inbound, recordedTalk, spoken, talk } from './site.ts';

export const duplicatedCalls: readonly Scenario[] = [
  {
    name: 'duplicated',
    about: 'a call is recorded in full by a recorder of each of two groups: one couple, two takes',
    site: 'duplicated',
    steps: [...recordedTalk('7001'), { do: 'hang-up', who: customer }],
    conversations: 1,
    couples: [inbound('7001')],
  },
  {
    name: 'duplicated-card-data',
    about: 'the core pauses while a customer says a card number: it is in neither copy',
    site: 'duplicated',
    steps: [
      ...recordedTalk('7002'),
      { do: 'pause', dn: '7002' },
      { do: 'speak', who: customer, voice: 'card number' },
      spoken,
      { do: 'speak', who: customer, voice: customer },
      { do: 'pass', ms: 300 },
      { do: 'resume', dn: '7002' },
      spoken,
      { do: 'hang-up', who: '7002' },
    ],
    couples: [{ ...inbound('7002'), pauses: 1 }],
  },
  {
    name: 'resource-manager-killed',
    about: 'the resource manager dies under a call, which goes on and ends; the next call finds it again',
    site: 'duplicated',
    steps: [
      ...recordedTalk('7003'),
      { do: 'kill', process: 'resource-manager', node: 'first' },
      spoken,
      { do: 'hang-up', who: customer },
      ...talk('5550102', '7004'),
      { do: 'recorded', dn: '7004' },
      spoken,
      { do: 'hang-up', who: '7004' },
    ],
    couples: [inbound('7003'), inbound('7004', '5550102')],
  },
  {
    name: 'duplicated-node-lost',
    about: 'the node of one of two recorders dies under a call: the other copy is whole, and the couple has no problem',
    site: 'duplicated',
    steps: [
      ...recordedTalk('7005'),
      { do: 'kill', process: 'keeper', node: 'second' },
      { do: 'pass', ms: 1_500 },
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound('7005'), whole: 1 }],
  },
];
