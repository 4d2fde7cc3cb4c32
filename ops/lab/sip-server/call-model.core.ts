// The calls of a switch, as T-Lib tells of them: what happens to a party becomes the events that each DN of the call hears, with
// their attributes, in the order in which a telephony server sends them. Pure; knows neither SIP nor who listens.

import { type Attributes, callStates, callTypes, dnRoles, type EventName, type KeyValueList } from '#src/cti';

/**
 * A party of a call. `outside`: reached through a trunk; nobody watches it, so it hears no events. Queues and route points are
 * parties as long as the call waits there.
 */
export interface ModelParty {
  readonly dn: string;
  readonly outside: boolean;
  readonly role: keyof typeof dnRoles;
  readonly phase: 'dialing' | 'queued' | 'routing' | 'ringing' | 'talking' | 'held';
  readonly partyUuid: string;
  /** Who brought it into a call that stood already. */
  readonly by?: string;
}

export interface ModelCall {
  readonly callUuid: string;
  readonly connId: string;
  readonly callType: keyof typeof callTypes;
  /** The number that was dialled, and who dialled. */
  readonly dnis: string;
  readonly ani: string;
  /** The queue it came through. */
  readonly queue?: string;
  /** Of a consult call: the call it is about. */
  readonly about?: { readonly callUuid: string; readonly connId: string };
  readonly parties: readonly ModelParty[];
  readonly userData: KeyValueList;
}

/** All calls of a switch, by CallUUID. */
export type Calls = ReadonlyMap<string, ModelCall>;

/** An event for one DN. */
export interface ModelEvent {
  readonly message: EventName;
  readonly attributes: Attributes & { readonly ThisDN: string };
}

/** What happens. */
export type Happening =
  | {
      readonly type: 'placed';
      readonly call: Omit<ModelCall, 'parties' | 'userData'> & { readonly userData?: KeyValueList };
      readonly from: NewParty;
    }
  /** `by`: who transferred the call there, or adds the party to it. */
  | { readonly type: 'rings'; readonly callUuid: string; readonly at: NewParty; readonly by?: string }
  /** It waits at a queue, or at a route point for a strategy. */
  | { readonly type: 'queued' | 'route-requested'; readonly callUuid: string; readonly at: NewParty }
  /** It waits there no longer: it goes to `to`. */
  | { readonly type: 'diverted'; readonly callUuid: string; readonly dn: string; readonly to: string }
  | { readonly type: 'answered'; readonly callUuid: string; readonly dn: string }
  /** It rings there no longer, and goes on elsewhere. */
  | { readonly type: 'not-taken'; readonly callUuid: string; readonly dn: string }
  | { readonly type: 'held' | 'retrieved'; readonly callUuid: string; readonly dn: string }
  /** `by`: who put it out of a conference. */
  | { readonly type: 'left'; readonly callUuid: string; readonly dn: string; readonly by?: string | undefined }
  | { readonly type: 'data'; readonly callUuid: string; readonly by: string; readonly userData: KeyValueList }
  /** `by` gives the call away; whoever gets it is rung under the same ConnID. */
  | { readonly type: 'transferred-blind'; readonly callUuid: string; readonly by: string }
  /** The consult call of `by` becomes part of `callUuid`; `by` leaves both. */
  | {
      readonly type: 'transferred-attended';
      readonly callUuid: string;
      readonly by: string;
      readonly consultUuid: string;
    }
  /** The consult call of `by` becomes part of `callUuid`; `by` stays. */
  | { readonly type: 'conferenced'; readonly callUuid: string; readonly by: string; readonly consultUuid: string };

export interface NewParty {
  readonly dn: string;
  readonly outside: boolean;
  readonly partyUuid: string;
}

/** The calls afterwards, and what is told of it. What names no call or no party of it changes nothing. */
export function happen(calls: Calls, happening: Happening): { readonly calls: Calls; readonly events: ModelEvent[] } {
  if (happening.type === 'placed') {
    const { call, from } = happening;
    const party: ModelParty = { ...from, role: 'origination', phase: 'dialing' };
    const placed: ModelCall = { userData: [], ...call, parties: [party] };
    return { calls: withCall(calls, placed), events: told(placed, party, 'EventDialing', { OtherDN: call.dnis }) };
  }
  const call = calls.get(happening.callUuid);
  if (!call) return { calls, events: [] };
  switch (happening.type) {
    case 'rings':
      return rings(calls, call, happening.at, happening.by);
    case 'queued':
      return waits(calls, { ...call, queue: happening.at.dn }, happening.at, 'queued');
    case 'route-requested':
      return waits(calls, call, happening.at, 'routing');
    case 'diverted':
      return diverted(calls, call, happening.dn, happening.to);
    case 'answered':
      return answered(calls, call, happening.dn);
    case 'not-taken':
      return notTaken(calls, call, happening.dn);
    case 'held':
      return moved(calls, call, happening.dn, 'held', 'EventHeld');
    case 'retrieved':
      return moved(calls, call, happening.dn, 'talking', 'EventRetrieved');
    case 'left':
      return left(calls, call, happening.dn, { by: happening.by });
    case 'data': {
      const { userData, by } = happening;
      const changed = { ...call, userData };
      const about = { ThirdPartyDN: by };
      const events = changed.parties.flatMap((party) => told(changed, party, 'EventAttachedDataChanged', about));
      return { calls: withCall(calls, changed), events };
    }
    case 'transferred-blind':
      return left(calls, call, happening.by, { why: 'transferred' });
    case 'transferred-attended':
      return transferred(calls, call, happening.by, calls.get(happening.consultUuid));
    case 'conferenced':
      return conferenced(calls, call, happening.by, calls.get(happening.consultUuid));
  }
}

interface Told {
  readonly calls: Calls;
  readonly events: ModelEvent[];
}

function rings(calls: Calls, call: ModelCall, at: NewParty, by: string | undefined): Told {
  const isAdded = by !== undefined && call.parties.some(({ dn }) => dn === by);
  const role = isAdded ? 'newParty' : 'destination';
  const party: ModelParty = { ...at, role, phase: 'ringing', ...(by !== undefined && { by }) };
  const ringing = { ...call, parties: [...call.parties, party] };
  return { calls: withCall(calls, ringing), events: told(ringing, party, 'EventRinging', broughtBy(party)) };
}

function waits(calls: Calls, call: ModelCall, at: NewParty, phase: 'queued' | 'routing'): Told {
  const party: ModelParty = { ...at, role: 'destination', phase };
  const waiting = { ...call, parties: [...call.parties, party] };
  const message = phase === 'queued' ? 'EventQueued' : 'EventRouteRequest';
  return { calls: withCall(calls, waiting), events: told(waiting, party, message) };
}

/** A route point says besides that its route was used. */
function diverted(calls: Calls, call: ModelCall, dn: string, to: string): Told {
  const party = call.parties.find((one) => one.dn === dn && isWaiting(one));
  if (!party) return { calls, events: [] };
  const about = { ThirdPartyDN: to, ThirdPartyDNRole: dnRoles.destination };
  const used = party.phase === 'routing' ? told(call, party, 'EventRouteUsed', about) : [];
  const gone = { ...call, parties: call.parties.filter((one) => one !== party) };
  return { calls: withCall(calls, gone), events: [...used, ...told(call, party, 'EventDiverted', about)] };
}

/** Whoever was dialling or is reached hears that the call stands, the one who answered first; who stood in it already, who came. */
function answered(calls: Calls, call: ModelCall, dn: string): Told {
  const parties = call.parties.map(
    (party): ModelParty => (party.phase === 'dialing' || party.dn === dn ? { ...party, phase: 'talking' } : party),
  );
  const changed = { ...call, parties };
  const before = (party: ModelParty) => call.parties.find((one) => one.dn === party.dn)!;
  const isNew = (party: ModelParty) => before(party).phase !== party.phase;
  const hearing = parties.filter(isNew).sort((one, other) => Number(other.dn === dn) - Number(one.dn === dn));
  const came = parties.find((party) => party.dn === dn);
  const there = came?.by === undefined ? [] : parties.filter((party) => !isNew(party) && isThere(party));
  return {
    calls: withCall(calls, changed),
    events: [
      ...hearing.flatMap((party) => told(changed, party, 'EventEstablished', party === came ? broughtBy(party) : {})),
      ...there.flatMap((party) => told(changed, party, ...cameBy(came!))),
    ],
  };
}

function notTaken(calls: Calls, call: ModelCall, dn: string): Told {
  const party = call.parties.find((one) => one.dn === dn && one.phase === 'ringing');
  if (!party) return { calls, events: [] };
  const goesOn = { ...call, parties: call.parties.filter((one) => one !== party) };
  const events = told(call, party, 'EventAbandoned', { CallState: callStates.redirected });
  return { calls: withCall(calls, goesOn), events };
}

/** What one who was there already hears: of another party after a transfer, of a further one in a conference. */
function cameBy(came: ModelParty): [EventName, Attributes] {
  const other = { OtherDN: came.dn, OtherDNRole: dnRoles[came.role], ThirdPartyDN: came.by };
  return came.role === 'newParty'
    ? ['EventPartyAdded', { ...other, ...broughtBy(came) }]
    : ['EventPartyChanged', { ...other, ...broughtBy(came), CallState: callStates.transferred }];
}

function broughtBy({ by, role }: ModelParty): Attributes {
  if (by === undefined) return {};
  return role === 'newParty'
    ? { ThirdPartyDN: by, ThirdPartyDNRole: dnRoles.addedBy, CallState: callStates.conferenced }
    : { ThirdPartyDN: by, ThirdPartyDNRole: dnRoles.transferredBy };
}

/** A queue or a route point. */
function isWaiting({ phase }: ModelParty): boolean {
  return phase === 'queued' || phase === 'routing';
}

function isThere({ phase }: ModelParty): boolean {
  return phase === 'talking' || phase === 'held';
}

function moved(calls: Calls, call: ModelCall, dn: string, phase: 'held' | 'talking', message: EventName): Told {
  const before = call.parties.find((one) => one.dn === dn);
  if (!before || before.phase === phase || !isThere(before)) return { calls, events: [] };
  const party: ModelParty = { ...before, phase };
  const changed = { ...call, parties: call.parties.map((one) => (one.dn === dn ? party : one)) };
  return { calls: withCall(calls, changed), events: told(changed, party, message) };
}

/** A party goes. With one left the call is over, unless it gave it away; with more a conference goes on and they hear of it. */
function left(
  calls: Calls,
  call: ModelCall,
  dn: string,
  { why = 'ok', by }: { readonly why?: 'ok' | 'transferred'; readonly by?: string | undefined },
): Told {
  const gone = call.parties.find((party) => party.dn === dn);
  if (!gone) return { calls, events: [] };
  const stay = call.parties.filter((party) => party !== gone);
  const putOut = by === undefined ? {} : { ThirdPartyDN: by, ThirdPartyDNRole: dnRoles.deletedBy };
  const events = told(call, gone, endingOf(gone), { CallState: callStates[why], ...putOut });
  const changed = { ...call, parties: stay };
  if (why === 'transferred') return { calls: withCall(calls, changed), events };
  if (stay.filter((party) => isThere(party) || party.phase === 'dialing').length <= 1) {
    const released = stay.flatMap((party) => told(call, party, endingOf(party), { CallState: callStates.ok }));
    return { calls: withoutCall(calls, call), events: [...events, ...released] };
  }
  const conference = { CallState: callStates.conferenced, OtherDN: dn, OtherDNRole: dnRoles.deletedParty, ...putOut };
  const hearing = isThere(gone) ? stay : [];
  const heard = hearing.flatMap((party) => told(changed, party, 'EventPartyDeleted', conference));
  return { calls: withCall(calls, changed), events: [...events, ...heard] };
}

/** Where it only rang or waited, nobody had been in the call. */
function endingOf(party: ModelParty): 'EventAbandoned' | 'EventReleased' {
  return party.phase === 'ringing' || isWaiting(party) ? 'EventAbandoned' : 'EventReleased';
}

/** Two-step transfer: `by` is released twice; those it brings together hear who their new party is. */
function transferred(calls: Calls, call: ModelCall, by: string, consult: ModelCall | undefined): Told {
  const consulted = consult?.parties.filter(({ dn }) => dn !== by) ?? [];
  const transferrer = call.parties.find(({ dn }) => dn === by);
  if (!consult || !transferrer || consulted.length === 0) return { calls, events: [] };
  const stay = call.parties.filter(({ dn }) => dn !== by);
  const merged = { ...call, parties: [...stay, ...consulted] };
  const gone = { CallState: callStates.transferred, ThirdPartyDN: by, ThirdPartyDNRole: dnRoles.transferredBy };
  const leg = consult.parties.find(({ dn }) => dn === by);
  const changed = { ThirdPartyDN: by, ThirdPartyDNRole: dnRoles.transferredBy, CallState: callStates.transferred };
  const events = [
    ...told(call, transferrer, 'EventReleased', { ...gone, TransferConnID: consult.connId }),
    ...(leg ? told(consult, leg, 'EventReleased', { ...gone, TransferConnID: call.connId }) : []),
    ...consulted.flatMap((party) =>
      told(merged, party, 'EventPartyChanged', { ...changed, PreviousConnID: consult.connId }),
    ),
    ...stay.flatMap((party) => told(merged, party, 'EventPartyChanged', { ...changed, PreviousConnID: call.connId })),
  ];
  return { calls: withCall(withoutCall(calls, consult), merged), events };
}

/** Those already there hear of the new party; the new party hears which call it is in now. */
function conferenced(calls: Calls, call: ModelCall, by: string, consult: ModelCall | undefined): Told {
  const consulted = consult?.parties.filter(({ dn }) => dn !== by) ?? [];
  if (!consult || consulted.length === 0) return { calls, events: [] };
  const there = call.parties.map((party): ModelParty => (party.dn === by ? { ...party, phase: 'talking' } : party));
  const added = consulted.map((party): ModelParty => ({ ...party, role: 'newParty' }));
  const merged = { ...call, parties: [...there, ...added] };
  const leg = consult.parties.find(({ dn }) => dn === by);
  const about = { CallState: callStates.conferenced, ThirdPartyDN: by, ThirdPartyDNRole: dnRoles.addedBy };
  const events = [
    ...(leg ? told(consult, leg, 'EventReleased', { CallState: callStates.conferenced }) : []),
    ...added.flatMap((party) =>
      told(merged, party, 'EventPartyChanged', { ...about, PreviousConnID: consult.connId, OtherDN: by }),
    ),
    ...there.flatMap((party) =>
      told(merged, party, 'EventPartyAdded', { ...about, OtherDN: added[0]!.dn, OtherDNRole: dnRoles.newParty }),
    ),
  ];
  return { calls: withCall(withoutCall(calls, consult), merged), events };
}

/** What the server says of a DN's call when it is asked. */
export function describeParty(call: ModelCall, party: ModelParty): Attributes & { readonly ConnID: string } {
  return attributesOf(call, party);
}

function told(
  call: ModelCall,
  party: ModelParty,
  message: EventName,
  more: Omit<Attributes, 'ThisDN'> = {},
): ModelEvent[] {
  if (party.outside) return [];
  return [{ message, attributes: { ...attributesOf(call, party), ...more } }];
}

function attributesOf(call: ModelCall, party: ModelParty) {
  const others = call.parties.filter((other) => other !== party && other.dn !== party.dn);
  // In a conference there is no one other party.
  const other = others.length === 1 ? others[0] : undefined;
  return {
    ThisDN: party.dn,
    ThisDNRole: dnRoles[party.role],
    ConnID: call.connId,
    CallUUID: call.callUuid,
    PartyUUID: party.partyUuid,
    CallType: callTypes[call.callType],
    CallState: callStates.ok,
    ANI: call.ani,
    DNIS: call.dnis,
    ...(other && { OtherDN: other.dn, OtherDNRole: dnRoles[other.role] }),
    ...(call.queue !== undefined && { ThisQueue: call.queue }),
    ...(call.about && { PreviousConnID: call.about.connId, RefCallUUID: call.about.callUuid }),
    ...(call.userData.length > 0 && { UserData: call.userData }),
  };
}

function withCall(calls: Calls, call: ModelCall): Calls {
  return new Map([...calls, [call.callUuid, call]]);
}

function withoutCall(calls: Calls, { callUuid }: ModelCall): Calls {
  return new Map([...calls].filter(([known]) => known !== callUuid));
}
