// Host names of peers, asked of a name server that is there: the resolver alone, and an edge that calls by name.

import { describe, expect, it, onTestFinished } from 'vitest';
import { type Resolver, systemResolver } from '#src/sip/edge';
import type { Application } from '../../../conformance/drachtio/application.ts';
import { field } from '../../../conformance/drachtio/peer.ts';
import { answerTo, newScenario, type Scenario, sdp, turns, until } from '../../../conformance/drachtio/scenario.ts';
import { openServer } from '../../../conformance/drachtio/server.ts';
import { type NameServer, openNameServer } from '../../../harness/name-server.ts';

const here = { address: '127.0.0.1', ttlSeconds: 60 };

describe('R-SIP-3: a resolver', () => {
  it('tells the first address of the family and for how long it holds', async () => {
    const server = await nameServer({
      'both.example': [here, { address: '2001:db8::7', ttlSeconds: 5 }],
      'four.example': [here],
    });
    const resolver = systemResolver([server.at]);
    expect(await resolver.resolve('both.example', 4)).toEqual({ address: '127.0.0.1', ttlSeconds: 60 });
    expect(await resolver.resolve('both.example', 6)).toEqual({ address: '2001:db8::7', ttlSeconds: 5 });
    expect(await resolver.resolve('four.example', 6)).toBeUndefined();
    expect(await resolver.resolve('nobody.example', 4)).toBeUndefined();
  });

  it('gives up on a server that says nothing', async () => {
    const server = await nameServer({});
    server.silent = true;
    expect(await systemResolver([server.at]).resolve('bob.example', 4)).toBeUndefined();
    expect(server.asked.length).toBeGreaterThan(1);
  });
});

describe('R-SIP-3: an edge calls by name', () => {
  it('the request goes where the name leads and keeps the name; so does what follows in the dialog', async () => {
    const { scenario, server } = await named({ 'bob.example': [here], 'moved.example': [here] });
    const { application, peer, say } = scenario;
    const uri = `sip:bob@bob.example:${peer.port}`;
    const calling = application.createUAC(uri, { localSdp: sdp });
    const invite = await peer.next();
    expect([invite.startLine, field(invite, 'To')]).toEqual([`INVITE ${uri} SIP/2.0`, `<${uri}>`]);
    const moved = `sip:bob@moved.example:${peer.port}`;
    const lines = [`Contact: <${moved}>`, 'Content-Type: application/sdp'];
    say(answerTo(invite, '200 OK', { toTag: 'B', lines, body: sdp }));
    const dialog = await calling;
    expect((await peer.next()).startLine).toBe(`ACK ${moved} SIP/2.0`);
    const ending = dialog.destroy();
    const bye = await peer.next();
    expect([bye.startLine, Number.parseInt(field(bye, 'CSeq'), 10)]).toEqual([
      `BYE ${moved} SIP/2.0`,
      Number.parseInt(field(invite, 'CSeq'), 10) + 1,
    ]);
    say(answerTo(bye, '200 OK'));
    await ending;
    expect(server.asked).toEqual(['bob.example A', 'moved.example A']);
  });

  it('asks once for many, and again when the answer has run out', async () => {
    const { scenario, server } = await named({ 'bob.example': [{ ...here, ttlSeconds: 30 }] });
    const { peer } = scenario;
    const uri = `sip:bob@Bob.Example:${peer.port}`;
    for (let count = 0; count < 5; count += 1) ask(scenario.application, uri);
    for (let count = 0; count < 5; count += 1) await peer.next();
    await scenario.server.advance(29_000);
    ask(scenario.application, uri);
    await until(() => new Set(peer.heard.map((one) => field(one, 'Call-ID'))).size === 6);
    expect(server.asked).toEqual(['bob.example A']);
    await scenario.server.advance(2_000);
    ask(scenario.application, uri);
    await until(() => new Set(peer.heard.map((one) => field(one, 'Call-ID'))).size === 7);
    expect(server.asked).toEqual(['bob.example A', 'bob.example A']);
  });

  it('a name nobody knows is answered 503, and asked for again after five seconds', async () => {
    const { scenario, server } = await named({});
    const { application, peer } = scenario;
    const uri = `sip:bob@bob.example:${peer.port}`;
    expect(await statusOf(application, uri)).toBe(503);
    expect(await statusOf(application, uri)).toBe(503);
    expect(server.asked).toEqual(['bob.example A']);
    server.records = { 'bob.example': [here] };
    await scenario.server.advance(5_001);
    const asking = statusOf(application, uri);
    scenario.say(answerTo(await peer.next(), '200 OK'));
    expect(await asking).toBe(200);
  });

  it('a call to a name nobody knows fails as one that was refused', async () => {
    const { scenario } = await named({});
    const { application, server } = scenario;
    await expect(application.createUAC('sip:bob@bob.example', { localSdp: sdp })).rejects.toMatchObject({
      status: 503,
    });
    expect(server.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
  });

  it('a name that leads to the edge itself is refused', async () => {
    const { scenario } = await named({ 'we.example': [here] });
    const refused = new Promise<unknown>((resolve) => {
      const uri = `sip:x@we.example:${scenario.server.sipPort}`;
      scenario.application.request(uri, { method: 'OPTIONS' }, (error) => resolve(error));
    });
    expect(await refused).toMatchObject({ message: 'can not send request to myself' });
  });

  it('nothing is sent for an application that has gone while the name was looked up', async () => {
    let tell: ((answer: { address: string; ttlSeconds: number }) => void) | undefined;
    const resolver: Resolver = {
      resolve: () =>
        new Promise((resolve) => {
          tell = resolve;
        }),
      close: () => {},
    };
    const scenario = await newScenario([], undefined, () => openServer({}, resolver));
    await scenario.connect();
    const { application, peer, server, tap } = scenario;
    ask(application, `sip:bob@bob.example:${peer.port}`);
    await until(() => tell !== undefined);
    tap.cut();
    await until(() => server.counters()?.connections === 0);
    tell!(here);
    await turns(4);
    expect([peer.heard, server.counters()?.transactions]).toEqual([[], 0]);
  });
});

async function nameServer(records: NameServer['records']): Promise<NameServer> {
  const server = await openNameServer(records);
  onTestFinished(() => server.close());
  return server;
}

/** An edge that asks a name server of ours. */
async function named(records: NameServer['records']): Promise<{ scenario: Scenario; server: NameServer }> {
  const server = await nameServer(records);
  const scenario = await newScenario([], undefined, () => openServer({}, systemResolver([server.at])));
  await scenario.connect();
  return { scenario, server };
}

function ask(application: Application, uri: string): void {
  application.request(uri, { method: 'OPTIONS' }, () => {});
}

function statusOf(application: Application, uri: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    application.request(uri, { method: 'OPTIONS' }, (error, request) => {
      if (error) reject(error);
      else request.on('response', ({ status }) => resolve(status));
    });
  });
}
