// What an application asks for in vain: transcript 28. And what a server of ours does not do for it: 20, 21 and 40.

import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freeTcpPort } from '../../harness/ports.ts';
import type { Application, Request, Response } from './application.ts';
import { field, tagIn } from './peer.ts';
import { answeredCall, inviteOf, newCall, newScenario, sdp, until } from './scenario.ts';
import { isHere, isOurs, openServer } from './server.ts';

describe('R-SIP-4: errors', () => {
  it('28: requests that cannot be sent are refused in the words of drachtio-server', async () => {
    const scenario = await newScenario();
    const { application, peer, server } = scenario;
    await scenario.connect();
    const asked = [
      [`sip:x@${server.at}`, { method: 'OPTIONS' }],
      ['sip:', { method: 'OPTIONS' }],
      [`sip:x@${peer.at}`, { method: 'FOO' }],
      [`sip:x@${peer.at}`, { method: 'MESSAGE', body: 'hi' }],
    ] as const;
    const reasons: string[] = [];
    for (const [uri, options] of asked) reasons.push(await refusal(application, uri, options));
    expect(reasons).toEqual([
      'can not send request to myself',
      'invalid request-uri: OPTIONS sip: SIP/2.0',
      `invalid request-uri: FOO sip:x@${peer.at} SIP/2.0`,
      'missing content-type',
    ]);
    expect(peer.heard).toEqual([]);
  });

  it('28: a dialog and a transaction that are not there', async () => {
    const scenario = await newScenario();
    const { application, peer } = scenario;
    await scenario.connect();
    expect(await refusal(application, 'sip:placeholder', { method: 'INFO', stackDialogId: 'nobody;from-tag=x' })).toBe(
      'Server error: unable to find dialog for dialog id provided',
    );
    expect(await refusal(application, `sip:x@${peer.at}`, { method: 'CANCEL', stackTxnId: 'no-such-txn' })).toBe(
      'unable to cancel unknown transaction id: no-such-txn',
    );
  });

  it('28: a host that takes no connection and a name that nobody knows are answered 503', async () => {
    const scenario = await newScenario();
    const { application, told, server } = scenario;
    await scenario.connect();
    const closed = await freeTcpPort();
    scenario.tap.name(closed, 'closed');
    expect(await statusOf(application, `sip:x@${server.host}:${closed};transport=tcp`)).toBe(503);
    expect(await statusOf(application, 'sip:x@no-such-host.invalid')).toBe(503);
    const plain = 'From To Call-ID CSeq Content-Length';
    expect(await told(4)).toEqual([
      `[- - OPTIONS] OK application tcp closed t1 OPTIONS: Via Max-Forwards ${plain}`,
      'network tcp nobody t1 - 503 Service Unavailable',
      `[- - OPTIONS] OK application unknown nobody t2 OPTIONS: Max-Forwards ${plain}`,
      'network unknown nobody t2 - 503 DNS Error',
    ]);
  });

  it('28: a second final response is refused', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    let asked: Request | undefined;
    const sent = new Promise<void>((resolve) => {
      application.invite((request, response) => {
        asked = request;
        response.send(486, {}, () => resolve());
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(inviteOf(call, 1, { branch: '28' }));
    const busy = await peer.next();
    say(call.request('ACK', 1, { branch: '28', toTag: tagIn(field(busy, 'To')) }));
    await sent;
    // The library would not send it.
    scenario.tap.say(`m28|sip|${asked!.stackTxnId}|\r\nSIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n`);
    expect((await told(3))[2]).toBe('[t1 - 200 OK] NOK Response not sent due to unknown transaction');
  });

  it.runIf(isOurs).each([
    ['sips:x@127.0.0.1:5071', 'transport tls is not configured'],
    ['sip:x@127.0.0.1:5071;transport=ws', 'transport ws is not configured'],
    ['tel:+4930123456', 'not a SIP URI: tel:+4930123456'],
  ])('28: %s leads nowhere, and that is the reason', async (uri, reason) => {
    const scenario = await newScenario();
    await scenario.connect();
    expect(await refusal(scenario.application, uri, { method: 'OPTIONS' })).toBe(reason);
  });

  it.runIf(isOurs)('a second re-INVITE of the application while the first is open', async () => {
    const scenario = await newScenario();
    const { dialog } = await answeredCall(scenario);
    dialog.modify(sdp).catch(() => {});
    await scenario.peer.next();
    const again = { method: 'INVITE', stackDialogId: dialog.id, body: sdp };
    expect(await refusal(scenario.application, 'sip:placeholder', again)).toBe(
      'Server error: another INVITE is in progress in this dialog',
    );
  });
});

describe.runIf(isOurs)('R-SIP-4: what an edge of ours does not do', () => {
  it.each([
    ['20: to one place', ['sip:bob@127.0.0.1:5080'], { remainInDialog: true, followRedirects: true }],
    ['21: to one place after the other', ['sip:bob@127.0.0.1:5080', 'sip:bob@127.0.0.1:5081'], {}],
  ])('%s: proxying is refused, and the application may still answer the call', async (_, places, options) => {
    const scenario = await newScenario();
    const { application, peer, say } = scenario;
    let reason: unknown;
    application.invite((request, response: Response) => {
      application.proxyRequest(request, places, options).catch((error: unknown) => {
        reason = error;
        response.send(503);
      });
    });
    await scenario.connect();
    say(inviteOf(newCall(scenario)));
    expect((await peer.next()).startLine).toBe('SIP/2.0 503 Service Unavailable');
    expect(reason).toBe('proxying is not supported');
  });

  it('TLS towards applications: the connection ends', async () => {
    const server = await openServer();
    onTestFinished(() => server.close());
    const socket = connectTls({ host: server.host, port: server.applicationPort, rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    if (isHere) expect(server.counters()?.refused).toEqual({ 'frame-invalid': 1 });
  });

  it('40: call detail records are refused, and calls come in all the same', async () => {
    const scenario = await newScenario();
    const { application, peer, say, tap } = scenario;
    const records: string[] = [];
    for (const record of ['attempt', 'start', 'stop']) application.on(`cdr:${record}`, () => records.push(record));
    application.invite((request, response) => {
      application.createUAS(request, response, { localSdp: sdp }, () => {});
    });
    await scenario.connect();
    const refused = tap.told.filter((line) => line.includes('cdr:'));
    expect(new Set(refused)).toEqual(
      new Set(
        ['attempt', 'start', 'stop'].map((one) => `[route cdr:${one}] NOK call detail records are not supported`),
      ),
    );
    say(inviteOf(newCall(scenario)));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    await until(() => tap.told.some((line) => line.includes('200 OK')));
    expect(records).toEqual([]);
  });
});

/** Why a request of the application was not sent. */
function refusal(application: Application, uri: string, options: object): Promise<string> {
  return new Promise((resolve) => {
    application.request(uri, options, (error) => resolve(error ? (error as Error).message : 'sent'));
  });
}

/** The status of the response to an OPTIONS. */
function statusOf(application: Application, uri: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    application.request(uri, { method: 'OPTIONS' }, (error, request) => {
      if (error) reject(error);
      else request.on('response', ({ status }) => resolve(status));
    });
  });
}
