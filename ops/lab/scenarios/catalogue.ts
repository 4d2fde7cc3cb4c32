// The scenarios. DNs from 7001 to 7012 are recorded by the core; 7020 is watched and not recorded; 7030 is pre-recorded, 7031 drawn
// always and 7032 never; 7040 is recorded by its own option, and the core does not ask for it; 8001 is a queue, 9001 a route point.
// Everybody else is outside. Calls with attached card data are not recorded, whoever has them recorded.

import type { SwitchDn } from '#ops/lab/sip-server';
import type { ExpectedCouple, Scenario, Step } from './scenario.ts';

/** DNs whose recording the core asks for. */
export const recordedDns = Array.from({ length: 12 }, (_, index) => `${7_001 + index}`);
const [unrecorded, ofOption] = ['7020', '7040'];
const [preRecorded, drawnAlways, drawnNever] = ['7030', '7031', '7032'];
const [queue, routePoint] = ['8001', '9001'];

export const scenarioDns: readonly SwitchDn[] = [
  ...[...recordedDns, unrecorded, preRecorded, drawnAlways, drawnNever].map(
    (number) => ({ number, type: 'extension', options: {} }) as const,
  ),
  { number: ofOption, type: 'extension', options: { record: 'true' } },
  { number: queue, type: 'queue', options: {} },
  { number: routePoint, type: 'route-point', options: {} },
];

/** What the core records, as its rules file says it. */
export const scenarioRules = {
  admin: {
    rules: [{ name: 'no cards', policy: 'do-not-record', data: { CardData: '*' } }],
    groups: [
      { name: 'Agents', rules: [{ name: 'all calls', policy: 'record', dns: recordedDns.join(',') }] },
      {
        name: 'Quality',
        rules: [
          { name: 'on request', policy: 'pre-record', dns: preRecorded },
          { name: 'always', policy: 'record', dns: drawnAlways, probability: 100 },
          { name: 'never', policy: 'record', dns: drawnNever, probability: 0 },
        ],
      },
    ],
  },
};

const customer = '5550101';
const inboundData = {
  GEN_TEV_ANI: customer,
  GEN_TEV_DNIS: '7001',
  GEN_TEV_CallType: 'Inbound',
  GEN_USR_CustomerId: '4711',
  GEN_CFG_TENANT: '1',
  GEN_CFG_SWITCH: '100',
  GEN_CFG_EmployeeID: 'E-17',
  GEN_CFG_AgentLoginInfo_0_WrapupTime: '30',
  GEN_CFG_AgentSkillLevels_0_Level: '7',
};
const [no, yes, noLonger] = ['RECORDING_NO', 'RECORDING_YES', 'RECORDING_NO_LONGER'];
const spokenMs = 600;
const spoken: Step = { do: 'pass', ms: spokenMs };

export const scenarios: readonly Scenario[] = [
  {
    name: 'inbound',
    about: 'a customer calls an agent, who hangs up and has work to do afterwards',
    steps: [
      { do: 'login', at: '7001', agentId: 'smith' },
      ...talk(customer, '7001'),
      { do: 'recorded', dn: '7001' },
      { do: 'attach', by: '7001', data: { CustomerId: '4711' } },
      spoken,
      { do: 'hang-up', who: '7001' },
      { do: 'after-call-work', at: '7001' },
      spoken,
      { do: 'ready', at: '7001' },
      { do: 'logout', at: '7001' },
    ],
    couples: [
      {
        ...inbound('7001'),
        agentId: 'smith',
        name: 'John Smith',
        afterCallWork: true,
        data: inboundData,
        notified: [no, yes],
      },
    ],
  },
  {
    name: 'outbound',
    about: 'an agent calls a customer, who hangs up',
    steps: [...talk('7002', customer), { do: 'recorded', dn: '7002' }, spoken, { do: 'hang-up', who: customer }],
    couples: [{ dn: '7002', otherDn: customer, callType: 'outbound' }],
  },
  {
    name: 'internal',
    about: 'an agent calls a colleague whose DN is not recorded',
    steps: [...talk('7003', unrecorded), { do: 'recorded', dn: '7003' }, spoken, { do: 'hang-up', who: '7003' }],
    couples: [{ dn: '7003', otherDn: unrecorded, callType: 'internal' }],
  },
  {
    name: 'both-recorded',
    about: 'two agents talk who are both recorded: a couple, and a recording, of each',
    steps: [
      ...talk('7004', '7005'),
      { do: 'recorded', dn: '7004' },
      { do: 'recorded', dn: '7005' },
      spoken,
      { do: 'hang-up', who: '7004' },
    ],
    couples: [
      { dn: '7004', otherDn: '7005', callType: 'internal' },
      { dn: '7005', otherDn: '7004', callType: 'internal' },
    ],
  },
  {
    name: 'hold',
    about: 'an agent puts a customer on hold and comes back',
    steps: [
      ...talk(customer, '7006'),
      { do: 'recorded', dn: '7006' },
      spoken,
      { do: 'hold', who: '7006' },
      spoken,
      { do: 'retrieve', who: '7006' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound('7006'), holds: 1 }],
  },
  {
    name: 'card-data',
    about: 'the core pauses while a customer says and presses a card number: nobody hears it afterwards',
    steps: [
      ...talk(customer, '7007'),
      { do: 'recorded', dn: '7007' },
      spoken,
      { do: 'pause', dn: '7007' },
      { do: 'speak', who: customer, voice: 'card number' },
      spoken,
      { do: 'press', who: customer, digits: '4111' },
      spoken,
      { do: 'speak', who: customer, voice: customer },
      { do: 'pass', ms: 300 },
      { do: 'resume', dn: '7007' },
      spoken,
      { do: 'hang-up', who: '7007' },
    ],
    couples: [{ ...inbound('7007'), pauses: 1, notified: [no, yes, noLonger, yes] }],
  },
  {
    name: 'record-option',
    about: 'a DN with record=true: recorded without the core asking, and the core finds the recording',
    steps: [...talk(customer, ofOption), { do: 'recorded', dn: ofOption }, spoken, { do: 'hang-up', who: customer }],
    couples: [{ ...inbound(ofOption), by: 'other' }],
  },
  {
    name: 'do-not-record',
    about: 'a rule forbids what the option of a DN has begun, once the data is known: stopped, and its media destroyed',
    steps: [
      ...talk(customer, ofOption),
      { do: 'recorded', dn: ofOption },
      spoken,
      { do: 'attach', by: ofOption, data: { CardData: '4111' } },
      { do: 'discarded', dn: ofOption },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(ofOption), by: 'other', standing: 'discarded' }],
  },
  {
    name: 'do-not-record-late',
    about:
      'a rule forbids what another one has begun, because the agent attaches card data: stopped, and its media destroyed',
    steps: [
      ...talk(customer, '7011'),
      { do: 'recorded', dn: '7011' },
      { do: 'attach', by: '7011', data: { CardData: '4111' } },
      { do: 'discarded', dn: '7011' },
      { do: 'hang-up', who: '7011' },
    ],
    couples: [{ ...inbound('7011'), standing: 'discarded' }],
  },
  {
    name: 'pre-record-discarded',
    about: 'a pre-recorded call that nobody asks for: its media is destroyed after its time, its metadata kept',
    steps: [
      ...talk(customer, preRecorded),
      { do: 'recorded', dn: preRecorded },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'discarded', dn: preRecorded },
    ],
    couples: [{ ...inbound(preRecorded), standing: 'discarded' }],
  },
  {
    name: 'pre-record-kept',
    about: 'a pre-recorded call that somebody asks for after it has ended',
    steps: [
      ...talk(customer, preRecorded),
      { do: 'recorded', dn: preRecorded },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'keep', dn: preRecorded },
    ],
    couples: [inbound(preRecorded)],
  },
  {
    name: 'probability',
    about: 'of calls at a DN all are drawn, of those at another one none',
    steps: [
      ...talk(customer, drawnNever),
      ...talk('5550102', drawnAlways),
      { do: 'recorded', dn: drawnAlways },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'hang-up', who: '5550102' },
    ],
    couples: [inbound(drawnAlways, '5550102')],
  },
  linkCut(),
  {
    name: 'blind-transfer',
    about: 'an agent transfers a customer to a colleague by REFER: a couple of each',
    steps: [
      ...talk(customer, '7008'),
      { do: 'recorded', dn: '7008' },
      spoken,
      { do: 'transfer', by: '7008', to: '7009' },
      { do: 'recorded', dn: '7009' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [inbound('7008'), inbound('7009')],
  },
  {
    name: 'attended-transfer',
    about: 'an agent asks a colleague who is not recorded, and then gives the customer to them',
    steps: [
      ...talk(customer, '7010'),
      { do: 'recorded', dn: '7010' },
      spoken,
      { do: 'consult', by: '7010', to: unrecorded },
      spoken,
      { do: 'complete-transfer', by: '7010' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    conversations: 1,
    couples: [
      { ...inbound('7010'), holds: 1 },
      { dn: '7010', otherDn: unrecorded, callType: 'consult' },
    ],
  },
  {
    name: 'attended-recorded',
    about: 'an agent gives a customer to a recorded colleague after asking: a couple of each party in each call',
    steps: [
      ...talk(customer, '7010'),
      { do: 'recorded', dn: '7010' },
      spoken,
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
      { ...inbound('7010'), holds: 1 },
      { dn: '7010', otherDn: '7011', callType: 'consult' },
      { dn: '7011', otherDn: '7010', callType: 'consult' },
      inbound('7011'),
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
    couples: [{ ...inbound('7012'), agentId: 'jones', data: { GEN_TEV_ThisQueue: queue, GEN_TEV_DNIS: queue } }],
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
    couples: [{ ...inbound(unrecorded), by: 'other', data: { GEN_TEV_DNIS: routePoint } }],
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
      ...talk(customer, '7012'),
      { do: 'recorded', dn: '7012' },
      spoken,
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
      { ...inbound('7012', unrecorded), holds: 1, right: [customer, unrecorded] },
      { dn: '7012', otherDn: unrecorded, callType: 'consult' },
    ],
  },
  {
    name: 'conference-recorded',
    about: 'an agent brings a recorded colleague into a call: a couple of each in each call',
    steps: [
      ...talk(customer, '7012'),
      { do: 'recorded', dn: '7012' },
      spoken,
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
      { ...inbound('7012', '7011'), holds: 1, right: [customer, '7011'] },
      { dn: '7012', otherDn: '7011', callType: 'consult' },
      { dn: '7011', otherDn: '7012', callType: 'consult' },
      { ...inbound('7011'), right: [customer, '7012'] },
    ],
  },
];

/** Ten calls; while the core has no link, one of them ends, and the last one begins. */
function linkCut(): Scenario {
  const calls = recordedDns.slice(0, 10).map((dn, index) => ({ dn, from: `555020${index}` }));
  const [before, late] = [calls.slice(0, 9), calls[9]!];
  return {
    name: 'link-cut',
    about: 'the T-Lib link is cut under ten calls, of which one ends and one begins meanwhile: ten complete couples',
    steps: [
      ...before.flatMap(({ dn, from }) => talk(from, dn)),
      ...before.map(({ dn }): Step => ({ do: 'recorded', dn })),
      { do: 'cut-link' },
      { do: 'hang-up', who: before[0]!.from },
      ...talk(late.from, late.dn),
      { do: 'link-back' },
      { do: 'recorded', dn: late.dn },
      spoken,
      ...calls.slice(1).map(({ from }): Step => ({ do: 'hang-up', who: from })),
    ],
    couples: calls.map(({ dn, from }) => inbound(dn, from)),
  };
}

function talk(from: string, to: string): Step[] {
  return [
    { do: 'call', from, to },
    { do: 'answer', who: to },
  ];
}

function inbound(dn: string, otherDn = customer): ExpectedCouple {
  return { dn, otherDn, callType: 'inbound' };
}
