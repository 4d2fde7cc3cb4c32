import { describe, expect, it } from 'vitest';
import { type AttributeName, callStates, type callTypes, dnRoles, eventOf, events, parseEvent } from '#src/cti';
import { type Calls, type Happening, happen, type NewParty } from '../../../../ops/lab/sip-server/call-model.core.ts';

// What each DN of a call hears, in which order and with which attributes, one table for each kind of call. 3556 to 3558 are agents,
// 0412 is outside, 8000 a queue, 9000 a route point. A row is `DN Event attribute=value …`.

const party = (dn: string): NewParty => ({ dn, outside: dn.startsWith('0'), partyUuid: `P-${dn}` });

const placed = (
  callUuid: string,
  from: string,
  to: string,
  callType: keyof typeof callTypes,
  about?: string,
): Happening => ({
  type: 'placed',
  call: {
    callUuid,
    connId: `00000000000000${callUuid}`,
    callType,
    dnis: to,
    ani: from,
    ...(about !== undefined && { about: { callUuid: about, connId: `00000000000000${about}` } }),
  },
  from: party(from),
});
const rings = (dn: string, by?: string, callUuid = 'c1'): Happening => ({
  type: 'rings',
  callUuid,
  at: party(dn),
  ...(by !== undefined && { by }),
});
const at = (type: 'queued' | 'route-requested', dn: string): Happening => ({ type, callUuid: 'c1', at: party(dn) });
const diverted = (dn: string, to: string): Happening => ({ type: 'diverted', callUuid: 'c1', dn, to });
const answered = (dn: string, callUuid = 'c1'): Happening => ({ type: 'answered', callUuid, dn });
const held = (dn: string): Happening => ({ type: 'held', callUuid: 'c1', dn });
const left = (dn: string, by?: string, callUuid = 'c1'): Happening => ({ type: 'left', callUuid, dn, by });
const data = (by: string): Happening => ({ type: 'data', callUuid: 'c1', by, userData: [['Segment', 'gold']] });
const consult = (by: string, to: string): Happening[] => [
  held(by),
  placed('c2', by, to, 'consult', 'c1'),
  rings(to, undefined, 'c2'),
  answered(to, 'c2'),
];
const inbound = [placed('c1', '0412', '3556', 'inbound'), rings('3556'), answered('3556')];
const internal = [placed('c1', '3556', '3557', 'internal'), rings('3557'), answered('3557')];

interface Table {
  readonly name: string;
  readonly happenings: readonly Happening[];
  /** Attributes that are shown, besides DN and event. */
  readonly shows: readonly AttributeName[];
  readonly events: readonly string[];
}

const { transferred, conferenced } = callStates;
const { destination, newParty, addedBy, deletedBy, deletedParty, transferredBy } = dnRoles;

const tables: readonly Table[] = [
  {
    name: 'inbound, with data, a hold, and the end by who is outside',
    happenings: [
      ...inbound,
      data('3556'),
      held('3556'),
      { type: 'retrieved', callUuid: 'c1', dn: '3556' },
      left('0412'),
    ],
    shows: ['OtherDN', 'ANI', 'DNIS', 'CallType', 'CallState'],
    events: [
      '3556 Ringing OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 CallState=0',
      '3556 Established OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 CallState=0',
      '3556 AttachedDataChanged OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 CallState=0',
      '3556 Held OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 CallState=0',
      '3556 Retrieved OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 CallState=0',
      '3556 Released OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 CallState=0',
    ],
  },
  {
    name: 'outbound',
    happenings: [placed('c1', '3556', '0412', 'outbound'), rings('0412'), answered('0412'), left('3556')],
    shows: ['OtherDN', 'CallType', 'ThisDNRole'],
    events: [
      `3556 Dialing OtherDN=0412 CallType=3 ThisDNRole=${dnRoles.origination}`,
      `3556 Established OtherDN=0412 CallType=3 ThisDNRole=${dnRoles.origination}`,
      `3556 Released OtherDN=0412 CallType=3 ThisDNRole=${dnRoles.origination}`,
    ],
  },
  {
    name: 'internal: who answers hears it first',
    happenings: [...internal, left('3557')],
    shows: ['OtherDN', 'OtherDNRole'],
    events: [
      '3556 Dialing OtherDN=3557',
      '3557 Ringing OtherDN=3556 OtherDNRole=1',
      `3557 Established OtherDN=3556 OtherDNRole=1`,
      `3556 Established OtherDN=3557 OtherDNRole=${destination}`,
      '3557 Released OtherDN=3556 OtherDNRole=1',
      `3556 Released OtherDN=3557 OtherDNRole=${destination}`,
    ],
  },
  {
    name: 'given up while it rings: abandoned after a ringing',
    happenings: [placed('c1', '0412', '3556', 'inbound'), rings('3556'), left('0412')],
    shows: ['OtherDN'],
    events: ['3556 Ringing OtherDN=0412', '3556 Abandoned OtherDN=0412'],
  },
  {
    name: 'queue: queued, diverted, and only then ringing, with the queue from there on',
    happenings: [
      placed('c1', '0412', '8000', 'inbound'),
      at('queued', '8000'),
      diverted('8000', '3556'),
      rings('3556'),
      answered('3556'),
      left('3556'),
    ],
    shows: ['OtherDN', 'ThisQueue', 'DNIS', 'ThirdPartyDN'],
    events: [
      '8000 Queued OtherDN=0412 ThisQueue=8000 DNIS=8000',
      '8000 Diverted OtherDN=0412 ThisQueue=8000 DNIS=8000 ThirdPartyDN=3556',
      '3556 Ringing OtherDN=0412 ThisQueue=8000 DNIS=8000',
      '3556 Established OtherDN=0412 ThisQueue=8000 DNIS=8000',
      '3556 Released OtherDN=0412 ThisQueue=8000 DNIS=8000',
    ],
  },
  {
    name: 'queue: who does not take it abandons it, redirected; it is queued and diverted again, and rings at the next one',
    happenings: [
      placed('c1', '0412', '8000', 'inbound'),
      at('queued', '8000'),
      diverted('8000', '3556'),
      rings('3556'),
      { type: 'not-taken', callUuid: 'c1', dn: '3556' },
      at('queued', '8000'),
      diverted('8000', '3557'),
      rings('3557'),
      answered('3557'),
    ],
    shows: ['OtherDN', 'ThisQueue', 'CallState', 'ThirdPartyDN'],
    events: [
      '8000 Queued OtherDN=0412 ThisQueue=8000 CallState=0',
      '8000 Diverted OtherDN=0412 ThisQueue=8000 CallState=0 ThirdPartyDN=3556',
      '3556 Ringing OtherDN=0412 ThisQueue=8000 CallState=0',
      `3556 Abandoned OtherDN=0412 ThisQueue=8000 CallState=${callStates.redirected}`,
      '8000 Queued OtherDN=0412 ThisQueue=8000 CallState=0',
      '8000 Diverted OtherDN=0412 ThisQueue=8000 CallState=0 ThirdPartyDN=3557',
      '3557 Ringing OtherDN=0412 ThisQueue=8000 CallState=0',
      '3557 Established OtherDN=0412 ThisQueue=8000 CallState=0',
    ],
  },
  {
    name: 'given up in the queue: only the queue hears it',
    happenings: [placed('c1', '0412', '8000', 'inbound'), at('queued', '8000'), left('0412')],
    shows: ['ThisQueue'],
    events: ['8000 Queued ThisQueue=8000', '8000 Abandoned ThisQueue=8000'],
  },
  {
    name: 'route point: a route is asked for and used, the call is diverted and rings, by way of a queue here',
    happenings: [
      placed('c1', '0412', '9000', 'inbound'),
      at('route-requested', '9000'),
      diverted('9000', '8000'),
      at('queued', '8000'),
      diverted('8000', '3557'),
      rings('3557'),
      answered('3557'),
    ],
    shows: ['OtherDN', 'ThisQueue', 'ThirdPartyDN'],
    events: [
      '9000 RouteRequest OtherDN=0412',
      '9000 RouteUsed OtherDN=0412 ThirdPartyDN=8000',
      '9000 Diverted OtherDN=0412 ThirdPartyDN=8000',
      '8000 Queued OtherDN=0412 ThisQueue=8000',
      '8000 Diverted OtherDN=0412 ThisQueue=8000 ThirdPartyDN=3557',
      '3557 Ringing OtherDN=0412 ThisQueue=8000',
      '3557 Established OtherDN=0412 ThisQueue=8000',
    ],
  },
  {
    name: 'single-step transfer: released with CallState 1, then ringing under the same ConnID',
    happenings: [
      ...inbound,
      { type: 'transferred-blind', callUuid: 'c1', by: '3556' },
      rings('3557', '3556'),
      answered('3557'),
    ],
    shows: ['ConnID', 'CallState', 'OtherDN', 'ThirdPartyDN', 'ThirdPartyDNRole'],
    events: [
      '3556 Ringing ConnID=00000000000000c1 CallState=0 OtherDN=0412',
      '3556 Established ConnID=00000000000000c1 CallState=0 OtherDN=0412',
      `3556 Released ConnID=00000000000000c1 CallState=${transferred} OtherDN=0412`,
      `3557 Ringing ConnID=00000000000000c1 CallState=0 OtherDN=0412 ThirdPartyDN=3556 ThirdPartyDNRole=${transferredBy}`,
      `3557 Established ConnID=00000000000000c1 CallState=0 OtherDN=0412 ThirdPartyDN=3556 ThirdPartyDNRole=${transferredBy}`,
    ],
  },
  {
    name: 'single-step transfer of a colleague, who hears of the new party when it is there',
    happenings: [
      ...internal,
      { type: 'transferred-blind', callUuid: 'c1', by: '3557' },
      rings('3558', '3557'),
      answered('3558'),
    ],
    shows: ['OtherDN', 'ThirdPartyDN', 'CallState'],
    events: [
      '3556 Dialing OtherDN=3557 CallState=0',
      '3557 Ringing OtherDN=3556 CallState=0',
      '3557 Established OtherDN=3556 CallState=0',
      '3556 Established OtherDN=3557 CallState=0',
      `3557 Released OtherDN=3556 CallState=${transferred}`,
      '3558 Ringing OtherDN=3556 ThirdPartyDN=3557 CallState=0',
      '3558 Established OtherDN=3556 ThirdPartyDN=3557 CallState=0',
      `3556 PartyChanged OtherDN=3558 ThirdPartyDN=3557 CallState=${transferred}`,
    ],
  },
  {
    name: 'consult call: its own ConnID, CallType 4, the original as PreviousConnID; two-step transfer releases both legs',
    happenings: [
      ...inbound,
      ...consult('3556', '3557'),
      { type: 'transferred-attended', callUuid: 'c1', by: '3556', consultUuid: 'c2' },
    ],
    shows: ['ConnID', 'CallType', 'PreviousConnID', 'OtherDN', 'ThirdPartyDN', 'CallState'],
    events: [
      '3556 Ringing ConnID=00000000000000c1 CallType=2 OtherDN=0412 CallState=0',
      '3556 Established ConnID=00000000000000c1 CallType=2 OtherDN=0412 CallState=0',
      '3556 Held ConnID=00000000000000c1 CallType=2 OtherDN=0412 CallState=0',
      '3556 Dialing ConnID=00000000000000c2 CallType=4 PreviousConnID=00000000000000c1 OtherDN=3557 CallState=0',
      '3557 Ringing ConnID=00000000000000c2 CallType=4 PreviousConnID=00000000000000c1 OtherDN=3556 CallState=0',
      '3557 Established ConnID=00000000000000c2 CallType=4 PreviousConnID=00000000000000c1 OtherDN=3556 CallState=0',
      '3556 Established ConnID=00000000000000c2 CallType=4 PreviousConnID=00000000000000c1 OtherDN=3557 CallState=0',
      `3556 Released ConnID=00000000000000c1 CallType=2 OtherDN=0412 ThirdPartyDN=3556 CallState=${transferred}`,
      `3556 Released ConnID=00000000000000c2 CallType=4 PreviousConnID=00000000000000c1 OtherDN=3557 ThirdPartyDN=3556 CallState=${transferred}`,
      `3557 PartyChanged ConnID=00000000000000c1 CallType=2 PreviousConnID=00000000000000c2 OtherDN=0412 ThirdPartyDN=3556 CallState=${transferred}`,
    ],
  },
  {
    name: 'a second call by the phone itself, which then brings both parties together: an internal one until it is merged',
    happenings: [
      ...inbound,
      held('3556'),
      placed('c2', '3556', '3557', 'internal'),
      rings('3557', undefined, 'c2'),
      answered('3557', 'c2'),
      { type: 'transferred-attended', callUuid: 'c1', by: '3556', consultUuid: 'c2' },
    ],
    shows: ['ConnID', 'CallType', 'PreviousConnID', 'OtherDN', 'ThirdPartyDN', 'CallState'],
    events: [
      '3556 Ringing ConnID=00000000000000c1 CallType=2 OtherDN=0412 CallState=0',
      '3556 Established ConnID=00000000000000c1 CallType=2 OtherDN=0412 CallState=0',
      '3556 Held ConnID=00000000000000c1 CallType=2 OtherDN=0412 CallState=0',
      '3556 Dialing ConnID=00000000000000c2 CallType=1 OtherDN=3557 CallState=0',
      '3557 Ringing ConnID=00000000000000c2 CallType=1 OtherDN=3556 CallState=0',
      '3557 Established ConnID=00000000000000c2 CallType=1 OtherDN=3556 CallState=0',
      '3556 Established ConnID=00000000000000c2 CallType=1 OtherDN=3557 CallState=0',
      `3556 Released ConnID=00000000000000c1 CallType=2 OtherDN=0412 ThirdPartyDN=3556 CallState=${transferred}`,
      `3556 Released ConnID=00000000000000c2 CallType=1 OtherDN=3557 ThirdPartyDN=3556 CallState=${transferred}`,
      `3557 PartyChanged ConnID=00000000000000c1 CallType=2 PreviousConnID=00000000000000c2 OtherDN=0412 ThirdPartyDN=3556 CallState=${transferred}`,
    ],
  },
  {
    name: 'conference of three by a consult call; who leaves it is missed by the others',
    happenings: [
      ...inbound,
      ...consult('3556', '3557'),
      { type: 'conferenced', callUuid: 'c1', by: '3556', consultUuid: 'c2' },
      left('3556'),
      left('0412'),
    ],
    shows: ['ConnID', 'PreviousConnID', 'OtherDN', 'OtherDNRole', 'CallState', 'ThirdPartyDNRole'],
    events: [
      '3556 Ringing ConnID=00000000000000c1 OtherDN=0412 OtherDNRole=1 CallState=0',
      '3556 Established ConnID=00000000000000c1 OtherDN=0412 OtherDNRole=1 CallState=0',
      '3556 Held ConnID=00000000000000c1 OtherDN=0412 OtherDNRole=1 CallState=0',
      '3556 Dialing ConnID=00000000000000c2 PreviousConnID=00000000000000c1 OtherDN=3557 CallState=0',
      '3557 Ringing ConnID=00000000000000c2 PreviousConnID=00000000000000c1 OtherDN=3556 OtherDNRole=1 CallState=0',
      '3557 Established ConnID=00000000000000c2 PreviousConnID=00000000000000c1 OtherDN=3556 OtherDNRole=1 CallState=0',
      '3556 Established ConnID=00000000000000c2 PreviousConnID=00000000000000c1 OtherDN=3557 OtherDNRole=2 CallState=0',
      `3556 Released ConnID=00000000000000c2 PreviousConnID=00000000000000c1 OtherDN=3557 OtherDNRole=2 CallState=${conferenced}`,
      `3557 PartyChanged ConnID=00000000000000c1 PreviousConnID=00000000000000c2 OtherDN=3556 CallState=${conferenced} ThirdPartyDNRole=${addedBy}`,
      `3556 PartyAdded ConnID=00000000000000c1 OtherDN=3557 OtherDNRole=${newParty} CallState=${conferenced} ThirdPartyDNRole=${addedBy}`,
      '3556 Released ConnID=00000000000000c1 CallState=0',
      `3557 PartyDeleted ConnID=00000000000000c1 OtherDN=3556 OtherDNRole=${deletedParty} CallState=${conferenced}`,
      '3557 Released ConnID=00000000000000c1 OtherDN=0412 OtherDNRole=1 CallState=0',
    ],
  },
  {
    name: 'single-step conference: the new party rings in the call itself; it is put out again',
    happenings: [...inbound, rings('3557', '3556'), answered('3557'), left('3557', '3556')],
    shows: ['ConnID', 'OtherDN', 'CallState', 'ThisDNRole', 'ThirdPartyDN', 'ThirdPartyDNRole'],
    events: [
      '3556 Ringing ConnID=00000000000000c1 OtherDN=0412 CallState=0 ThisDNRole=2',
      '3556 Established ConnID=00000000000000c1 OtherDN=0412 CallState=0 ThisDNRole=2',
      `3557 Ringing ConnID=00000000000000c1 CallState=${conferenced} ThisDNRole=${newParty} ThirdPartyDN=3556 ThirdPartyDNRole=${addedBy}`,
      `3557 Established ConnID=00000000000000c1 CallState=${conferenced} ThisDNRole=${newParty} ThirdPartyDN=3556 ThirdPartyDNRole=${addedBy}`,
      `3556 PartyAdded ConnID=00000000000000c1 OtherDN=3557 CallState=${conferenced} ThisDNRole=2 ThirdPartyDN=3556 ThirdPartyDNRole=${addedBy}`,
      `3557 Released ConnID=00000000000000c1 CallState=0 ThisDNRole=${newParty} ThirdPartyDN=3556 ThirdPartyDNRole=${deletedBy}`,
      `3556 PartyDeleted ConnID=00000000000000c1 OtherDN=3557 CallState=${conferenced} ThisDNRole=2 ThirdPartyDN=3556 ThirdPartyDNRole=${deletedBy}`,
    ],
  },
  {
    name: 'one who does not take the call into which it is asked: nobody else hears of it',
    happenings: [...inbound, rings('3557', '3556'), left('3557')],
    shows: [],
    events: ['3556 Ringing', '3556 Established', '3557 Ringing', '3557 Abandoned'],
  },
];

function told(happenings: readonly Happening[]) {
  let calls: Calls = new Map();
  return happenings.flatMap((happening) => {
    const next = happen(calls, happening);
    calls = next.calls;
    return next.events;
  });
}

describe('event tables', () => {
  it.each(tables)('R-LAB-1, R-CTI-4: $name', ({ happenings, shows, events: expected }) => {
    const rows = told(happenings).map(({ message, attributes }) => {
      const shown = shows.flatMap((name) => (attributes[name] === undefined ? [] : [`${name}=${attributes[name]}`]));
      return [attributes.ThisDN, message.slice('Event'.length), ...shown].join(' ');
    });
    expect(rows).toEqual(expected);
  });

  it.each(tables)(
    'R-CTI-1: every event is one that T-Lib knows, with all that must stand in it: $name',
    ({ happenings }) => {
      for (const { message, attributes } of told(happenings)) {
        expect(events[message].id).toBeGreaterThan(0);
        expect(parseEvent(eventOf(message, attributes as never))).toMatchObject({ message });
        expect(attributes).toMatchObject({
          PartyUUID: `P-${attributes.ThisDN}`,
          CallUUID: expect.any(String),
          CallType: expect.any(Number),
          ThisDNRole: expect.any(Number),
        });
      }
    },
  );

  it('R-MD-1: attached data is in every event from then on', () => {
    const rows = told([...inbound, data('3556'), held('3556')]);
    expect(rows.map(({ attributes }) => attributes.UserData)).toEqual([
      undefined,
      undefined,
      [['Segment', 'gold']],
      [['Segment', 'gold']],
    ]);
  });
});
