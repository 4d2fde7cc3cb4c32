import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  errorCodes,
  eventOf,
  eventTimeMs,
  listOf,
  lookUp,
  partyStates,
  privateMessages,
  recordingExtensions,
  TLibLink,
  type TLibLinkOptions,
} from '#src/cti';
import { encodeFrame } from '#src/frames';
import { textOfEndpoint } from '#src/wire';
import { freeTcpPort } from '../../harness/ports.ts';
import { selfSigned } from '../wire/certificate.ts';
import { Exchange } from './exchange.ts';
import { Told } from './told.ts';

const connId = '0071022ec8ac8056';
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(...args: Parameters<typeof Exchange.open>): Promise<Exchange> {
  const exchange = await Exchange.open(...args);
  ends.push(() => exchange.server.close());
  return exchange;
}

function link(told: Told, servers: readonly Exchange[], options: Partial<TLibLinkOptions> = {}): TLibLink {
  const made = new TLibLink(
    {
      servers: servers.map(({ server }) => server.endpoint),
      client: { name: 'callrec', password: 'callrec' },
      reconnectMs: 20,
      ...options,
    },
    told,
  );
  ends.push(() => made.close());
  return made;
}

describe('the link to a telephony server', () => {
  it('R-CTI-1: registers DNs, tells what they are doing, and hears their events only', async () => {
    const exchange = await open(['3556', '3557']);
    const call = {
      ConnID: connId,
      ThisDN: '3556',
      CallUUID: '00RV9H7S6O8V3BSHAG7GK2LAES00002M',
      OtherDN: '0412345678',
    };
    exchange.calls.set('3556', [{ partyState: partyStates.connected, attributes: call }]);
    const told = new Told();
    const made = link(told, [exchange]);
    made.watch(['3556']);
    made.open();
    await told.hears('settled 1/1');
    expect(told.states).toEqual([
      {
        phase: 'known',
        dn: '3556',
        agent: { status: 2, agentId: 'agent-3556' },
        parties: [{ partyState: partyStates.connected, call: expect.objectContaining(call) }],
      },
    ]);
    expect(exchange.server.publish('EventRinging', { ThisDN: '3557', ConnID: connId })).toBe(0);
    expect(exchange.server.publish('EventRinging', { ThisDN: '3556', ConnID: connId, CallType: 2 })).toBe(1);
    await told.hears('EventRinging');
    const ringing = told.events.at(-1)!;
    expect(ringing).toMatchObject({ id: 60, attributes: { ThisDN: '3556', ConnID: connId, CallType: 2 } });
    expect(ringing.attributes.EventSequenceNumber).toBe(1);
    expect(eventTimeMs(ringing)).toBeGreaterThan(1_700_000_000_000);
  });

  it('R-CTI-1: starts a recording by PrivateService and hears what is refused', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange]);
    made.open();
    await told.hears('up connected');
    const answer = await made.request('RequestPrivateService', {
      PrivateMsgID: privateMessages.GSIP_RECORD_START,
      ThisDN: '3556',
      ConnID: connId,
      Extensions: recordingExtensions({ record: 'source', id: 'gqm-1', dest: '' }, [['own', 'x']]),
    });
    expect(answer).toMatchObject({ message: 'EventACK', attributes: { ThisDN: '3556' } });
    expect(exchange.requests.at(-1)).toMatchObject({
      message: 'RequestPrivateService',
      id: 149,
      attributes: {
        PrivateMsgID: 3013,
        Extensions: [
          ['record', 'source'],
          ['id', 'gqm-1'],
          ['own', 'x'],
        ],
      },
    });
    const refused = made.request('RequestHoldCall', { ThisDN: '3556', ConnID: connId });
    await expect(refused).rejects.toMatchObject({
      code: 'cti-refused',
      details: { errorCode: errorCodes.unsupported },
    });
    expect(made.counters).toMatchObject({ requests: 3, refusals: 1 });
  });

  it('R-CTI-1: a request that is not answered ends in time, and one without a link at once', async () => {
    const exchange = await open(['3556']);
    exchange.silent.add('RequestPrivateService');
    const told = new Told();
    const made = link(told, [exchange], { requestMsMax: 50 });
    const early = made.request('RequestQueryServer', {});
    await expect(early).rejects.toMatchObject({ code: 'cti-unreachable' });
    made.open();
    await told.hears('up connected');
    const late = made.request('RequestPrivateService', { PrivateMsgID: 3014, ThisDN: '3556' });
    await expect(late).rejects.toMatchObject({ code: 'cti-timed-out' });
    expect(made.counters.timeouts).toBe(1);
  });

  it('R-CTI-1: a malformed event costs that event and nothing else; unknown ones are kept', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange]);
    made.watch(['3556']);
    made.open();
    await told.hears('settled 1/1');
    const client = exchange.server.clients[0]!;
    client.sendRaw({ message: 'EventRinging', id: 60, attributes: { ThisDN: '3556', ConnID: 'no hex' } });
    client.sendRaw({ message: 'EventRinging', id: 61, attributes: { ThisDN: '3556', ConnID: connId } });
    client.sendRaw([1, 2, 3]);
    client.sendRaw({ message: 'EventOfTomorrow', id: 999, attributes: { ThisDN: '3556', Brightness: { deep: [1] } } });
    exchange.server.publish('EventEstablished', { ThisDN: '3556', ConnID: connId, CallState: 77 });
    await told.hears('EventEstablished');
    expect(told.faults.map(({ code, message }) => [code, message])).toEqual([
      ['cti-message-malformed', 'an event is left out: EventRinging: ConnID: 16 hexadecimal digits'],
      ['cti-message-malformed', 'an event is left out: EventRinging: its id is 60, not 61'],
      ['cti-message-malformed', expect.stringContaining('an event is left out: (message)')],
    ]);
    expect(told.events.slice(-2)).toMatchObject([
      { message: 'unknown', name: 'EventOfTomorrow', id: 999, attributes: { Brightness: { deep: [1] } } },
      { message: 'EventEstablished', attributes: { CallState: 77 } },
    ]);
    expect(made.counters).toMatchObject({ malformed: 3, unknownEvents: 1 });
    expect(made.state).toMatchObject({ phase: 'up', switchLink: 'connected' });
  });

  it('R-CTI-2: speaks TLS to a server it can believe, and not to another', async () => {
    const { certificate, key } = selfSigned();
    const exchange = await open(['3556'], { tls: { certificate, key } });
    const told = new Told();
    const made = link(told, [exchange], { tls: { authorities: certificate, serverName: 'localhost' } });
    made.watch(['3556']);
    made.open();
    await told.hears('settled 1/1');
    const doubting = new Told();
    link(doubting, [exchange], { tls: { serverName: 'localhost' } }).open();
    await doubting.hears('fault cti-unreachable');
    expect(doubting.faults[0]!.message).toContain('self-signed');
  });

  it('R-CTI-2: is not let in with a wrong password, and says so', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange], { client: { name: 'callrec', password: 'wrong' }, reconnectMs: 'never' });
    made.open();
    await told.hears('down given-up');
    const where = textOfEndpoint(exchange.server.endpoint);
    expect(told.faults.map(({ message }) => message)).toEqual([`no link to ${where}: error 50: wrong password`]);
    expect(made.counters).toMatchObject({ connects: 0, failures: 1 });
  });

  it('R-CTI-3: the backup takes over when the primary is killed in the middle of registering', async () => {
    const [primary, backup] = [await open('all'), await open('all')];
    primary.silent.add('RequestQueryAddress');
    const dns = Array.from({ length: 1_000 }, (_, index) => `${10_000 + index}`);
    const told = new Told();
    const made = link(told, [primary, backup], { windowMax: 50 });
    made.watch(dns);
    made.open();
    await told.hears('up connected');
    while (primary.requests.length < 50) await new Promise(setImmediate); // the window is full of DNs without an answer
    expect(primary.requests).toHaveLength(50);
    await primary.server.close();
    await told.hears('settled 1000/1000');
    expect(made.state).toMatchObject({ phase: 'up', server: backup.server.endpoint });
    expect(new Set(told.states.map(({ dn }) => dn)).size).toBe(1_000);
    expect(backup.server.clients[0]!.dns.size).toBe(1_000);
    expect(made.counters).toMatchObject({ connects: 2, losses: 1 });
  });

  it('R-CTI-3: a server that is killed and comes back is registered at and asked anew', async () => {
    const port = await freeTcpPort();
    const first = await open(['3556', '3557'], { port });
    const told = new Told();
    const made = link(told, [first]);
    made.watch(['3556', '3557']);
    made.open();
    await told.hears('settled 2/2');
    await first.server.close();
    await told.until(() => made.counters.failures > 0);
    expect(made.registrations).toEqual({ wanted: 2, registered: 0, refused: 0, outstanding: 0 });
    const second = await open(['3556', '3557'], { port });
    const call = { ConnID: connId, ThisDN: '3557', UserData: listOf({ GSIP_RECORD: 'ON' }) };
    second.calls.set('3557', [{ partyState: partyStates.connected, attributes: call }]);
    await told.hears('settled 2/2', 2);
    const state = told.states.findLast(({ dn }) => dn === '3557')!;
    expect(state.phase === 'known' && lookUp(state.parties[0]?.call.UserData, 'GSIP_RECORD')).toBe('ON');
  });

  it('R-CTI-3: when only the switch is away the link stays, and DNs are registered anew when it is back', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange]);
    made.watch(['3556']);
    made.open();
    await told.hears('settled 1/1');
    exchange.server.setSwitchLink('disconnected');
    await told.hears('up disconnected');
    expect(made.registrations.registered).toBe(0);
    exchange.server.setSwitchLink('connected');
    await told.hears('settled 1/1', 2);
    expect(made.counters.connects).toBe(1);
  });

  it('R-CTI-3: what a DN is doing is told before the event that ends it, also when both arrive together', async () => {
    const exchange = await open(['3556']);
    exchange.calls.set('3556', [{ partyState: partyStates.connected, attributes: { ConnID: connId, ThisDN: '3556' } }]);
    exchange.told = (dn) => void exchange.server.publish('EventReleased', { ThisDN: dn, ConnID: connId });
    const told = new Told();
    const made = link(told, [exchange]);
    made.watch(['3556']);
    made.open();
    await told.hears('EventReleased');
    expect(told.lines.slice(-3)).toEqual(['state 3556 known', 'settled 1/1', 'EventReleased']);
  });

  it('R-CTI-3: a link that is closed stays closed, and says nothing more', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange], { reconnectMs: 1 });
    made.watch(['3556']);
    made.open();
    await told.hears('settled 1/1');
    const request = made.request('RequestPrivateService', { PrivateMsgID: 3014, ThisDN: '3556' });
    made.close();
    await expect(request).rejects.toMatchObject({ code: 'cti-unreachable' });
    const lines = told.lines.length;
    while (exchange.server.clients.length > 0) await new Promise(setImmediate);
    const other = new Told();
    link(other, [exchange]).open();
    await other.hears('up connected');
    expect(exchange.server.clients).toHaveLength(1);
    expect(told.lines).toHaveLength(lines);
    expect(made.state).toEqual({ phase: 'down', standing: { phase: 'closed' } });
  });

  it('R-CTI-1: a DN that is not configured is refused, said, and tried again', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange], { reconnectMs: 10 });
    made.watch(['3556', '9999']);
    made.open();
    await told.hears('settled 1/2, 1 refused');
    expect(told.faults[0]).toMatchObject({
      code: 'cti-refused',
      message: 'DN 9999 is not registered: error 59: DN is not configured',
    });
    exchange.calls.set('9999', []);
    await told.hears('settled 2/2');
    made.unwatch(['3556']);
    await told.hears('settled 1/1');
    expect([...exchange.server.clients[0]!.dns]).toEqual(['9999']);
  });

  it('R-CTI-3: wherever a frame is cut, what came before it counts, what was cut does not, and the link comes back', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange], { reconnectMs: 1 });
    made.watch(['3556']);
    made.open();
    const event = eventOf('EventRinging', { ThisDN: '3556', ConnID: connId });
    const length = encodeFrame(event).length;
    const step = process.env['TWINREEL_FULL'] ? 1 : 9;
    let rounds = 0;
    for (let bytes = 0; bytes < length; bytes += step) {
      rounds += 1;
      await told.hears('settled 1/1', rounds);
      const client = exchange.server.clients[0]!;
      client.send('EventEstablished', { ThisDN: '3556', ConnID: connId });
      client.tear(event, bytes);
    }
    await told.hears('settled 1/1', rounds + 1);
    expect(told.lines.filter((line) => line === 'EventEstablished')).toHaveLength(rounds);
    expect(told.lines).not.toContain('EventRinging');
    expect(made.counters).toMatchObject({ malformed: 0, losses: rounds });
  });

  it('R-CTI-2: no value that a server can put into a frame ends the link', async () => {
    const exchange = await open(['3556']);
    const told = new Told();
    const made = link(told, [exchange]);
    made.open();
    await told.hears('up connected');
    const client = exchange.server.clients[0]!;
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.record({
        message: fc.constantFrom('EventRinging', 'EventError', 'EventPartyInfo', '__proto__'),
        id: fc.nat(200),
        attributes: fc.jsonValue(),
      }),
      fc.record({
        message: fc.constant('EventUserEvent'),
        id: fc.constant(96),
        attributes: fc.record({ UserData: fc.jsonValue(), ReferenceID: fc.nat(9) }),
      }),
    );
    for (const value of fc.sample(hostile, { seed: 5, numRuns: 500 })) client.sendRaw(value);
    client.sendRaw(JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`));
    exchange.server.broadcast('EventServerInfo', { ServerVersion: 'last' });
    await told.until(() => told.events.some(({ attributes }) => attributes.ServerVersion === 'last'));
    expect(made.counters.losses).toBe(0);
    expect(made.counters.malformed).toBeGreaterThan(300);
  });
});
