// Scenarios of calls that are moved: through queues and strategies, by transfers, into conferences and past a park DN.

import type { Scenario } from './scenario.ts';
import {
  consult,
  customer,
  hastyQueue,
  inbound,
  ofOption,
  park,
  queue,
  recordedTalk,
  routePoint,
  spoken,
  talk,
  unrecorded,
} from './site.ts';

const [no, yes] = ['RECORDING_NO', 'RECORDING_YES'];
/** Of a call that an outside customer began. */
const called = (dnis: string, by?: string) => ({
  GEN_TEV_ANI: customer,
  GEN_TEV_DNIS: dnis,
  ...(by !== undefined && { GEN_TEV_ThirdPartyDN: by }),
});

export const movedCalls: readonly Scenario[] = [
  {
    name: 'blind-transfer',
    about: 'an agent transfers a customer to a colleague by REFER: a couple of each',
    steps: [
      ...recordedTalk('7008'),
      { do: 'transfer', by: '7008', to: '7009' },
      { do: 'recorded', dn: '7009' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7008'), data: called('7008'), notified: [no, yes] },
      { ...inbound('7009'), data: called('7008'), notifiedLast: yes },
    ],
  },
  {
    name: 'attended-transfer',
    about: 'an agent asks a colleague who is not recorded, and then gives the customer to them',
    steps: [
      ...recordedTalk('7010'),
      { do: 'consult', by: '7010', to: unrecorded },
      spoken,
      { do: 'complete-transfer', by: '7010' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7010'), holds: 1, data: called('7010'), notified: [no, yes] },
      { ...consult('7010', unrecorded), notified: [no, yes] },
    ],
  },
  {
    name: 'attended-recorded',
    about: 'an agent gives a customer to a recorded colleague after asking: a couple of each party in each call',
    steps: [
      ...recordedTalk('7010'),
      { do: 'consult', by: '7010', to: '7011' },
      spoken,
      { do: 'recorded', dn: '7011' },
      { do: 'complete-transfer', by: '7010' },
      spoken,
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7010'), holds: 1, data: called('7010'), notified: [no, yes] },
      { ...consult('7010', '7011'), notified: [no, yes] },
      { ...consult('7011', '7010'), notified: [no, yes] },
      { ...inbound('7011'), data: called('7010', '7010'), notifiedLast: yes },
    ],
  },
  {
    name: 'attended-by-phone',
    about:
      'an agent gives a customer to a recorded colleague after asking, all by the phone: a second call, and REFER with Replaces',
    steps: [
      ...recordedTalk('7010'),
      { do: 'call-besides', by: '7010', to: '7011' },
      { do: 'recorded', dn: '7011' },
      spoken,
      { do: 'transfer-together', by: '7010' },
      spoken,
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7010'), holds: 1, data: called('7010') },
      // Nobody knows before that it is a question: it is a call as any.
      { dn: '7010', otherDn: '7011', callType: 'internal', data: { GEN_TEV_DNIS: '7011' } },
      { dn: '7011', otherDn: '7010', callType: 'internal', data: { GEN_TEV_DNIS: '7011' } },
      { ...inbound('7011'), data: called('7010', '7010'), notifiedLast: yes },
    ],
  },
  {
    name: 'queue',
    about: 'a customer waits in a queue, whose agent is ready and recorded',
    steps: [
      { do: 'login', at: '7012', agentId: 'jones', queue },
      { do: 'call', from: customer, to: queue, reaches: '7012' },
      { do: 'answer', who: '7012' },
      { do: 'recorded', dn: '7012' },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'logout', at: '7012' },
    ],
    couples: [
      {
        ...inbound('7012'),
        agentId: 'jones',
        data: { ...called(queue), GEN_TEV_ThisQueue: queue },
        notified: [no, yes],
      },
    ],
  },
  {
    name: 'queue-not-taken',
    about:
      'of three agents of a queue one declines, one does not answer: the customer waits on, and only the third one has a couple',
    steps: [
      { do: 'login', at: '7012', agentId: 'jones', queue: hastyQueue },
      { do: 'login', at: '7011', agentId: 'brown', queue: hastyQueue },
      { do: 'login', at: '7010', agentId: 'white', queue: hastyQueue },
      { do: 'call', from: customer, to: hastyQueue, reaches: '7012' },
      { do: 'decline', who: '7012' },
      { do: 'rings', at: '7011' },
      { do: 'rings', at: '7010' },
      { do: 'answer', who: '7010' },
      { do: 'recorded', dn: '7010' },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'logout', at: '7012' },
      { do: 'logout', at: '7011' },
      { do: 'logout', at: '7010' },
    ],
    conversations: 1,
    couples: [
      {
        ...inbound('7010'),
        agentId: 'white',
        data: { ...called(hastyQueue), GEN_TEV_ThisQueue: hastyQueue },
        notified: [no, yes],
      },
    ],
  },
  {
    name: 'route-point',
    about: 'a strategy routes a customer to an agent, and says that the call is recorded: the core does not ask for it',
    steps: [
      { do: 'route', at: routePoint, to: unrecorded, record: 'destination' },
      { do: 'call', from: customer, to: routePoint, reaches: unrecorded },
      { do: 'answer', who: unrecorded },
      { do: 'recorded', dn: unrecorded },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(unrecorded), by: 'other', data: called(routePoint), notified: [no, yes] }],
  },
  {
    name: 'route-point-unrecorded',
    about: 'a strategy routes a customer to a DN with record=true, and says that the call is not recorded',
    steps: [
      { do: 'route', at: routePoint, to: ofOption, record: 'disable_destination' },
      { do: 'call', from: customer, to: routePoint, reaches: ofOption },
      { do: 'answer', who: ofOption },
      spoken,
      spoken,
      { do: 'hang-up', who: customer },
      spoken,
    ],
    couples: [],
  },
  {
    name: 'conference',
    about: 'an agent brings a colleague into a call: the agent is on one channel, both others on the other one',
    steps: [
      ...recordedTalk('7012'),
      { do: 'confer', by: '7012', to: unrecorded },
      spoken,
      { do: 'complete-conference', by: '7012' },
      spoken,
      spoken,
      { do: 'hang-up', who: '7012' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [
      // Whom an agent talks with is, in a conference, who came last.
      {
        ...inbound('7012', unrecorded),
        holds: 1,
        right: [customer, unrecorded],
        data: called('7012', '7012'),
        notified: [no, yes],
      },
      { ...consult('7012', unrecorded), notified: [no, yes] },
    ],
  },
  {
    name: 'conference-recorded',
    about: 'an agent brings a recorded colleague into a call: a couple of each in each call',
    steps: [
      ...recordedTalk('7012'),
      { do: 'confer', by: '7012', to: '7011' },
      spoken,
      { do: 'complete-conference', by: '7012' },
      spoken,
      { do: 'recorded', dn: '7011' },
      spoken,
      { do: 'hang-up', who: '7012' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      {
        ...inbound('7012', '7011'),
        holds: 1,
        right: [customer, '7011'],
        data: called('7012', '7012'),
        notified: [no, yes],
      },
      { ...consult('7012', '7011'), notified: [no, yes] },
      { ...consult('7011', '7012'), notified: [no, yes] },
      // The call is recorded when the colleague comes, and goes on being: nothing is told anew.
      { ...inbound('7011'), right: [customer, '7012'], data: called('7012', '7012'), notified: [] },
    ],
  },
  {
    name: 'strategy-source',
    about:
      'a strategy says that who calls is not recorded, whose DN has record=true; a third party asks for it later all the same',
    steps: [
      { do: 'route', at: routePoint, to: unrecorded, record: 'disable_source' },
      { do: 'call', from: ofOption, to: routePoint, reaches: unrecorded },
      { do: 'answer', who: unrecorded },
      { do: 'speak', who: ofOption, voice: 'unrecorded' },
      spoken,
      spoken,
      { do: 'speak', who: ofOption, voice: ofOption },
      spoken,
      { do: 'ask-recording', of: ofOption, id: 'supervisor-2' },
      { do: 'recorded', dn: ofOption },
      spoken,
      { do: 'hang-up', who: ofOption },
    ],
    couples: [
      {
        ...{ dn: ofOption, otherDn: unrecorded, callType: 'internal', by: 'other', recordingId: 'supervisor-2' },
        data: { GEN_TEV_DNIS: routePoint },
        notified: [no, yes],
      },
    ],
  },
  {
    name: 'consult-asked',
    about:
      'an agent who is not recorded asks a colleague who is, and gives the customer to them: only that side is recorded',
    steps: [
      ...talk(customer, unrecorded),
      spoken,
      { do: 'consult', by: unrecorded, to: '7009' },
      { do: 'recorded', dn: '7009' },
      spoken,
      { do: 'complete-transfer', by: unrecorded },
      spoken,
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      // What it inherits says already that it is not recorded: whether that is seen before it is, is a matter of moments.
      consult('7009', unrecorded),
      { ...inbound('7009'), data: called(unrecorded, unrecorded), notifiedLast: yes },
    ],
  },
  {
    name: 'consult-given-up',
    about: 'an agent asks a colleague who is not recorded, and goes back to the customer',
    steps: [
      ...recordedTalk('7010'),
      { do: 'consult', by: '7010', to: unrecorded },
      spoken,
      spoken,
      { do: 'reconnect', by: '7010' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7010'), holds: 1, data: called('7010'), notified: [no, yes] },
      { ...consult('7010', unrecorded), notified: [no, yes] },
    ],
  },
  {
    name: 'park',
    about:
      'an agent parks a customer, whom a colleague takes from there: a couple of each, and none of the time between',
    steps: [
      ...recordedTalk('7008'),
      { do: 'transfer', by: '7008', to: park },
      spoken,
      { do: 'transfer', by: park, to: '7009' },
      { do: 'recorded', dn: '7009' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7008'), data: called('7008'), notified: [no, yes] },
      { ...inbound('7009'), data: called('7008'), notifiedLast: yes },
    ],
  },
];
