// The scenarios: calls that stay where they are here, those that are recorded in case somebody asks in pre-recorded-calls.ts, those that
// are moved in moved-calls.ts, those that are recorded twice in duplicated-calls.ts.

import { labTenant } from '#ops/lab';
import { duplicatedCalls } from './duplicated-calls.ts';
import { movedCalls } from './moved-calls.ts';
import { preRecordedCalls } from './pre-recorded-calls.ts';
import { ringToneVoice, type Scenario, type Step } from './scenario.ts';
import {
  atDestination,
  atSource,
  customer,
  drawnAlways,
  drawnNever,
  inbound,
  ofOption,
  recordedDns,
  recordedTalk,
  spoken,
  talk,
  there,
  unrecorded,
} from './site.ts';

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
    couples: [{ dn: '7002', otherDn: customer, callType: 'outbound', notified: [no, yes] }],
  },
  {
    name: 'internal',
    about: 'an agent calls a colleague whose DN is not recorded',
    steps: [...talk('7003', unrecorded), { do: 'recorded', dn: '7003' }, spoken, { do: 'hang-up', who: '7003' }],
    couples: [{ dn: '7003', otherDn: unrecorded, callType: 'internal', notified: [no, yes] }],
  },
  {
    name: 'made-from-desktop',
    about:
      'two agents have a call made from the desktop: one hears it ring, one nothing, as ring-tone-on-make-call says; no recording holds the tone',
    steps: [
      { do: 'make-call', from: '7002', to: customer },
      { do: 'hears', who: '7002', sound: 'nothing' },
      { do: 'answer', who: customer },
      { do: 'make-call', from: there('7002'), to: there(customer) },
      { do: 'hears', who: there('7002'), sound: ringToneVoice },
      { do: 'answer', who: there(customer) },
      { do: 'recorded', dn: '7002' },
      { do: 'recorded', dn: there('7002') },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'hang-up', who: there(customer) },
    ],
    conversations: 2,
    couples: [
      { dn: '7002', otherDn: customer, callType: 'outbound', tenant: labTenant(0).path, notified: [no, yes] },
      {
        ...{ dn: '7002', otherDn: customer, callType: 'outbound', tenant: labTenant(1).path },
        left: [there('7002')],
        right: [there(customer)],
      },
    ],
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
      { dn: '7004', otherDn: '7005', callType: 'internal', notified: [no, yes] },
      { dn: '7005', otherDn: '7004', callType: 'internal', notified: [no, yes] },
    ],
  },
  {
    name: 'hold',
    about: 'an agent puts a customer on hold and comes back',
    steps: [
      ...recordedTalk('7006'),
      { do: 'hold', who: '7006' },
      spoken,
      { do: 'retrieve', who: '7006' },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound('7006'), holds: 1, notified: [no, yes] }],
  },
  {
    name: 'card-data',
    about: 'the core pauses while a customer says and presses a card number: nobody hears it afterwards',
    steps: [
      ...recordedTalk('7007'),
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
    steps: [...recordedTalk(ofOption), { do: 'hang-up', who: customer }],
    couples: [{ ...inbound(ofOption), by: 'other', notified: [no, yes] }],
  },
  {
    name: 'do-not-record',
    about: 'a rule forbids what the option of a DN has begun, once the data is known: stopped, and its media destroyed',
    steps: [
      ...recordedTalk(ofOption),
      { do: 'attach', by: ofOption, data: { CardData: '4111' } },
      { do: 'discarded', dn: ofOption },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(ofOption), by: 'other', standing: 'discarded', notified: [no, yes, noLonger] }],
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
      spoken,
      { do: 'hang-up', who: '7011' },
    ],
    couples: [{ ...inbound('7011'), standing: 'discarded', notified: [no, yes, noLonger] }],
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
    name: 'third-party',
    about: 'somebody else has a call recorded that no rule wants, under an id of their own, while it is up',
    steps: [
      ...talk(customer, unrecorded),
      { do: 'speak', who: customer, voice: 'before' },
      spoken,
      { do: 'speak', who: customer, voice: customer },
      spoken,
      { do: 'ask-recording', of: unrecorded, id: 'supervisor-1' },
      { do: 'recorded', dn: unrecorded },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(unrecorded), by: 'other', recordingId: 'supervisor-1', notified: [no, yes] }],
  },
  {
    name: 'agent-elsewhere',
    about: "an agent logs in at another DN without having logged out: calls at the first one are nobody's",
    steps: [
      { do: 'login', at: '7001', agentId: 'smith' },
      { do: 'login', at: '7002', agentId: 'smith' },
      ...talk(customer, '7001'),
      ...talk('5550102', '7002'),
      { do: 'recorded', dn: '7001' },
      { do: 'recorded', dn: '7002' },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'hang-up', who: '5550102' },
      { do: 'logout', at: '7001' },
      { do: 'logout', at: '7002' },
    ],
    couples: [
      { ...inbound('7001'), agentId: 'none' },
      { ...inbound('7002', '5550102'), agentId: 'smith', name: 'John Smith' },
    ],
  },
  {
    name: 'two-tenants',
    about:
      'customers with one number talk to agents with one number, each at a tenant of their own: nothing of one is at the other',
    steps: [
      ...talk(customer, '7001'),
      ...talk(there(customer), there('7001')),
      { do: 'recorded', dn: '7001' },
      { do: 'recorded', dn: there('7001') },
      { do: 'pause', dn: there('7001') },
      { do: 'speak', who: there(customer), voice: 'card number' },
      spoken,
      { do: 'speak', who: there(customer), voice: there(customer) },
      { do: 'pass', ms: 300 },
      { do: 'resume', dn: there('7001') },
      spoken,
      { do: 'hang-up', who: customer },
      spoken,
      { do: 'hang-up', who: there('7001') },
    ],
    conversations: 2,
    couples: [
      {
        ...inbound('7001'),
        tenant: 'Environment',
        data: { GEN_CFG_TENANT: '1', GEN_CFG_SWITCH: '100' },
        notified: [no, yes],
      },
      {
        ...inbound('7001'),
        tenant: 'Shop',
        pauses: 1,
        left: [there('7001')],
        right: [there(customer)],
        data: { GEN_CFG_TENANT: '2', GEN_CFG_SWITCH: '101' },
      },
    ],
  },
  {
    name: 'geo-location',
    about:
      "recordings of two tenants are pinned to a side of the call, the agent's or the customer's; addresses that are not set are not sent",
    steps: [
      ...talk(customer, '7001'),
      ...talk(there(customer, atSource), there('7001', atSource)),
      ...talk(there(customer, atDestination), there('7001', atDestination)),
      { do: 'recorded', dn: '7001' },
      { do: 'recorded', dn: there('7001', atSource) },
      { do: 'recorded', dn: there('7001', atDestination) },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'hang-up', who: there(customer, atSource) },
      { do: 'hang-up', who: there(customer, atDestination) },
    ],
    conversations: 3,
    couples: [
      { ...inbound('7001'), tenant: labTenant(0).path, asked: 'id', geoLocation: 'none' },
      {
        ...inbound('7001'),
        tenant: labTenant(atSource).path,
        asked: 'id, record=source',
        geoLocation: 'source',
        left: [there('7001', atSource)],
        right: [there(customer, atSource)],
      },
      {
        ...inbound('7001'),
        tenant: labTenant(atDestination).path,
        asked: 'id, record=destination',
        geoLocation: 'destination',
        // The recording is that of the customer's leg, who then is its first party.
        left: [there(customer, atDestination)],
        right: [there('7001', atDestination)],
      },
    ],
  },
  {
    name: 'siprec',
    about: 'a recording client has a call recorded of which no telephony server tells: its metadata says who is in it',
    steps: [
      { do: 'siprec', parties: { '5550601': 'Alice Adams', '5550602': 'Bob' } },
      { do: 'recorded', dn: '5550601' },
      spoken,
      { do: 'siprec-over' },
    ],
    conversations: 1,
    couples: [
      {
        dn: '5550601',
        otherDn: '5550602',
        callType: 'unknown',
        by: 'other',
        name: 'Alice Adams',
        otherName: 'Bob',
      },
    ],
  },
  {
    name: 'baresip',
    about:
      'an agent whose phone is baresip, a program that is not ours, is called by a customer, and calls a colleague',
    needs: 'baresip',
    steps: [
      { do: 'baresip', at: '7006' },
      { do: 'call-baresip', from: customer, to: '7006' },
      { do: 'recorded', dn: '7006' },
      spoken,
      { do: 'hang-up', who: customer },
      { do: 'baresip-calls', to: unrecorded },
      { do: 'answer', who: unrecorded },
      { do: 'recorded', dn: '7006' },
      spoken,
      { do: 'hang-up', who: unrecorded },
    ],
    conversations: 2,
    couples: [
      { ...inbound('7006'), data: { GEN_TEV_ANI: customer } },
      { dn: '7006', otherDn: unrecorded, callType: 'internal', data: { GEN_TEV_ANI: '7006' } },
    ],
  },
  ...preRecordedCalls,
  ...movedCalls,
  ...duplicatedCalls,
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
