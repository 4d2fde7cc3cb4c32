// The telephony server of the bench `core`, a process of its own that costs little: it lets one client in, knows its DNs, and tells of
// as many calls as it is told to. It counts itself which of them it was asked to record. Driven over IPC; ends with its parent.

import { performance } from 'node:perf_hooks';
import {
  type Attributes,
  addressInfoExtensions,
  agentStatuses,
  callTypes,
  type EventName,
  eventOf,
  partyStates,
  privateMessages,
  type RequestName,
} from '#src/cti';
import { systemClock } from '#src/ports';
import { type WireConnection, WireListener } from '#src/wire';
import { AskedLedger } from './asked-ledger.ts';
import type { SwitchFigures, SwitchNews, SwitchOrder } from './busy-switch.protocol.ts';
import { CallLoad, type CallStep, callSteps, eventsPerSecondMax, isOfDn, isRecorded } from './call-load.ts';
import { PreparedEvent } from './prepared-event.ts';

const tickMs = 1;
const batchBytesMax = 2 ** 20;
/** What is left when no further call begins is waited for. */
const patienceMs = 5_000;
/**
 * Flat out: calls that wait to be asked for, what waits in the socket, and at which rate events come in a second of the load, which may
 * be shorter than one by the clock.
 */
const waitingMax = 50;
const backlogBytesMax = 256 * 1_024;
const flatOutPerSecond = 12_000;
/** The first DN; so many follow it, all of six digits. */
const firstDn = 100_000;

const markers = {
  dn: 'aaaaaa',
  connId: 'cccccccccccccccc',
  callUuid: 'UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU',
  partyUuid: 'PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP',
  seconds: '1111111111',
  microseconds: '222222',
  sequence: '333333333',
} as const;

const told: Attributes = {
  ThisDN: markers.dn,
  ConnID: markers.connId,
  CallUUID: markers.callUuid,
  PartyUUID: markers.partyUuid,
  CallID: 71,
  CallType: callTypes.inbound,
  ThisDNRole: 2,
  OtherDN: '5550123456',
  OtherDNRole: 1,
  ANI: '5550123456',
  DNIS: '8005550100',
  ThisQueue: '9000',
  AgentID: `4${markers.dn}`,
  TimeinSecs: Number(markers.seconds),
  TimeinuSecs: Number(markers.microseconds),
  EventSequenceNumber: Number(markers.sequence),
};
const userData = [
  ['customer', '0815-4711'],
  ['segment', 'gold'],
  ['ivr-path', 'main/billing/agent'],
  ['language', 'cs'],
  ['priority', 3],
] as const;
const { dn, connId, ...stamps } = markers;
/** All attached data comes with each event of a call: that it is recorded, too, once it was asked for. */
const prepared = preparedWith(userData);
const preparedOn = preparedWith([...userData, ['GSIP_RECORD', 'ON']]);

function preparedWith(attached: readonly (readonly [string, string | number])[]): ReadonlyMap<string, PreparedEvent> {
  const { ThisDN, AgentID, TimeinSecs, TimeinuSecs, EventSequenceNumber } = told;
  const ofAgent = { ThisDN, AgentID, AgentWorkMode: 3, TimeinSecs, TimeinuSecs, EventSequenceNumber };
  const events = callSteps.map(({ event }): [string, PreparedEvent] => {
    const attributes = isOfDn(event) ? ofAgent : { ...told, UserData: attached };
    return [event, new PreparedEvent(eventOf(event, attributes as never), { dn, connId, ...stamps })];
  });
  return new Map(events);
}

interface Moment {
  readonly ms: number;
  readonly events: number;
}

interface Load {
  readonly steps: CallLoad;
  readonly ledger: AskedLedger;
  readonly pace: 'by-clock' | 'flat-out';
  /** When figures began to be taken, when no further call began, and how many events had been told by then. */
  from: Moment;
  end: Moment | undefined;
  events: number;
}

let dns = 0;
let client: WireConnection | undefined;
/** DNs that the client has asked about since it came, and since when it is waited for. */
let registered = new Set<string>();
let registeringSinceMs = 0;
/** By DN: its call plus one, or 0. */
let callAt = new Int32Array(0);
let established = new Uint8Array(0);
let asked = new Uint8Array(0);
let load: Load | undefined;
let nextCall = 0;
let sequence = 0;
/** The time of the load: stands still while the link is away. */
let loadMs = 0;
let lastMs = 0;
const batch = Buffer.alloc(batchBytesMax);
let batched = 0;

process.on('message', (order: SwitchOrder) => void obey(order));
process.once('disconnect', () => process.exit(0));

async function obey(order: SwitchOrder): Promise<void> {
  switch (order.type) {
    case 'listen': {
      dns = order.dns;
      callAt = new Int32Array(dns);
      established = new Uint8Array(dns);
      asked = new Uint8Array(dns);
      const attend = (connection: WireConnection) => {
        client = connection;
        registered = new Set();
        registeringSinceMs ||= performance.now();
        return {
          value: (value: unknown) => take(value as Asked),
          unreadable() {},
          closed: () => {
            if (client === connection) client = undefined;
          },
        };
      };
      const listener = await WireListener.listen({ host: '127.0.0.1', port: 0, clock: systemClock, attend });
      tell({ type: 'listening', port: listener.endpoint.port });
      return;
    }
    case 'begin': {
      const { eventsPerSecond } = order;
      const pace = eventsPerSecond === 'flat-out' ? 'flat-out' : 'by-clock';
      const rate =
        eventsPerSecond === 'flat-out' ? Math.min(flatOutPerSecond, eventsPerSecondMax(dns)) : eventsPerSecond;
      const steps = new CallLoad(rate, nextCall, loadMs);
      const ms = performance.now();
      load = { steps, ledger: new AskedLedger(), pace, from: { ms, events: 0 }, end: undefined, events: 0 };
      lastMs = ms;
      tick();
      return;
    }
    case 'pace':
      load?.steps.pace(order.eventsPerSecond, loadMs);
      return;
    case 'measure':
      if (load) load.from = { ms: performance.now(), events: load.events };
      load?.ledger.measure();
      return;
    case 'tell':
      if (load) tell({ type: 'figures', ...figuresOf(load, { ms: performance.now(), events: load.events }) });
      return;
    case 'end':
      load?.steps.end();
      if (load) load.end = { ms: performance.now(), events: load.events };
      return;
    case 'cut':
      registeringSinceMs = performance.now();
      client?.cut();
  }
}

function tick(): void {
  const current = load;
  if (!current) return;
  const nowMs = performance.now();
  const isThere = client !== undefined && registered.size === dns;
  // What is left at the end has nobody who asks for it: it comes by the clock.
  if (current.pace === 'by-clock' || current.end) {
    if (isThere) loadMs += nowMs - lastMs;
    current.steps.advance(loadMs, step);
  } else {
    // What is asked for makes room for more.
    while (isThere && current.ledger.waiting < waitingMax && (client?.backlogBytes ?? 0) < backlogBytesMax) {
      loadMs += tickMs;
      current.steps.advance(loadMs, step);
      flush();
    }
  }
  lastMs = nowMs;
  flush();
  if (current.end && current.steps.isOver) finish(current);
  else setTimeout(tick, tickMs);
}

function finish(current: Load, sinceMs = performance.now()): void {
  if (current.ledger.waiting > 0 && performance.now() < sinceMs + patienceMs) {
    setTimeout(() => finish(current, sinceMs), 10);
    return;
  }
  load = undefined;
  nextCall += current.steps.calls;
  tell({ type: 'ended', ...figuresOf(current, current.end!) });
}

function figuresOf({ ledger, steps, from }: Load, until: Moment): SwitchFigures {
  const [events, seconds] = [until.events - from.events, (until.ms - from.ms) / 1_000];
  return { calls: steps.calls, events, seconds, ...ledger.sums };
}

function step({ event }: CallStep, call: number): void {
  const at = call % dns;
  if (event === 'EventRinging') callAt[at] = call + 1;
  if (event === 'EventEstablished') {
    established[at] = 1;
    if (isRecorded(call)) load?.ledger.established(call, performance.now());
  }
  if (event === 'EventReleased') {
    callAt[at] = 0;
    established[at] = 0;
  }
  write((asked[at] === 1 ? preparedOn : prepared).get(event)!, call);
  if (event === 'EventReleased') asked[at] = 0;
}

function write(event: PreparedEvent, call: number): void {
  if (batched + event.bytes > batch.length) flush();
  const nowMs = Date.now();
  sequence += 1;
  batched = event.write(batch, batched, {
    dn: dnOf(call % dns),
    connId: connIdOf(call),
    callUuid: uuidOf('C', call),
    partyUuid: uuidOf('P', call),
    seconds: String(Math.floor(nowMs / 1_000)),
    microseconds: String((nowMs % 1_000) * 1_000),
    sequence: String(sequence),
  });
  if (load) load.events += 1;
}

function flush(): void {
  if (batched === 0) return;
  client?.sendFrame(Buffer.from(batch.subarray(0, batched)));
  batched = 0;
}

interface Asked {
  readonly message: RequestName;
  readonly attributes: Attributes & { readonly ReferenceID: number };
}

function take({ message, attributes }: Asked): void {
  const { ReferenceID, ThisDN = '', ConnID = '', PrivateMsgID } = attributes;
  const answer = (event: EventName, said: Attributes) =>
    client?.send(eventOf(event, { ReferenceID, ...said } as never));
  const at = Number(ThisDN) - firstDn;
  switch (message) {
    case 'RequestRegisterClient':
      answer('EventLinkConnected', {});
      return;
    case 'RequestRegisterAddress':
      answer('EventRegistered', { ThisDN });
      return;
    case 'RequestQueryAddress':
      answer('EventAddressInfo', { ThisDN, Extensions: addressInfo(at) });
      if (!registered.has(ThisDN)) known(ThisDN);
      return;
    case 'RequestQueryCall': {
      const call = callOf(ConnID);
      const named = { ...told, CallUUID: uuidOf('C', call), PartyUUID: uuidOf('P', call) };
      answer('EventPartyInfo', { ...named, ThisDN, ConnID, AgentID: `4${ThisDN}`, TimeinSecs: undefined });
      return;
    }
    case 'RequestPrivateService': {
      const call = callOf(ConnID);
      if (PrivateMsgID === privateMessages.GSIP_RECORD_START) {
        asked[at] = 1;
        load?.ledger.asked(call, performance.now());
      }
      answer('EventACK', { ThisDN });
      flush();
      write(preparedOn.get('EventAttachedDataChanged')!, call);
      flush();
      return;
    }
    default:
      answer('EventACK', { ThisDN });
  }
}

function known(number: string): void {
  registered.add(number);
  if (registered.size < dns) return;
  tell({ type: 'registered', ms: performance.now() - registeringSinceMs });
  lastMs = performance.now();
}

function addressInfo(at: number): ReturnType<typeof addressInfoExtensions> {
  const agent = { status: agentStatuses.ready, agentId: `4${dnOf(at)}` };
  const call = (callAt[at] ?? 0) - 1;
  const partyState = established[at] === 1 ? partyStates.connected : partyStates.alerting;
  return addressInfoExtensions(agent, call < 0 ? [] : [{ connId: connIdOf(call), partyState }]);
}

function dnOf(at: number): string {
  return String(firstDn + at);
}

function connIdOf(call: number): string {
  return `0071${call.toString(16).padStart(12, '0')}`;
}

function callOf(connId: string): number {
  return Number.parseInt(connId.slice(4), 16);
}

function uuidOf(letter: string, call: number): string {
  return letter + call.toString(32).toUpperCase().padStart(31, '0');
}

function tell(news: SwitchNews): void {
  process.send?.(news);
}
