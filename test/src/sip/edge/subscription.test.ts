// Subscriptions (RFC 6665) and other requests that are no calls: how long their dialogs last, and who may speak in them.

import { describe, expect, it } from 'vitest';
import type { Dialog, Message } from '../../../conformance/drachtio/application.ts';
import { field, tagIn } from '../../../conformance/drachtio/peer.ts';
import {
  answeredCall,
  answerTo,
  newCall,
  newScenario,
  type Scenario,
  until,
} from '../../../conformance/drachtio/scenario.ts';

const event = 'Event: presence';

describe('R-SIP-3: a subscription of the peer', () => {
  it('is refreshed by another SUBSCRIBE, and forgotten when it is not', async () => {
    const { scenario, call, toTag, dialog } = await subscribed();
    const { peer, server, say } = scenario;
    dialog.on('subscribe', (_, response) => response.send(202, { headers: { Expires: '60' } }));
    await server.advance(59_000);
    say(call.request('SUBSCRIBE', 2, { toTag, contact: true, lines: [event, 'Expires: 60'] }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 202 Accepted');
    // A last NOTIFY may still be on its way for as long as a request may take.
    await server.advance(60_000 + 31_000);
    expect(server.counters()?.dialogs).toBe(1);
    await server.advance(1_000);
    expect(server.counters()?.dialogs).toBe(0);
    say(call.request('SUBSCRIBE', 3, { toTag, contact: true, lines: [event, 'Expires: 60'] }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
  });

  it('is over with the NOTIFY that says so, as soon as that is answered', async () => {
    const { scenario, dialog } = await subscribed();
    const { peer, server, say } = scenario;
    const headers = { Event: 'presence', 'Subscription-State': 'terminated;reason=timeout' };
    const sending = dialog.request({ method: 'NOTIFY', headers });
    const notify = await peer.next();
    expect(server.counters()?.dialogs).toBe(1);
    say(answerTo(notify, '200 OK'));
    await sending;
    expect(server.counters()?.dialogs).toBe(0);
  });

  it('is over when the peer refuses or does not answer a last NOTIFY', async () => {
    for (const end of ['refused', 'silent']) {
      const { scenario, dialog } = await subscribed();
      const { peer, server, say } = scenario;
      const headers = { Event: 'presence', 'Subscription-State': 'terminated' };
      const sending = dialog.request({ method: 'NOTIFY', headers });
      const notify = await peer.next();
      if (end === 'refused') say(answerTo(notify, '481 Call/Transaction Does Not Exist'));
      else await server.advance(32_000);
      expect(await sending).toMatchObject({ status: end === 'refused' ? 481 : 408 });
      expect(server.counters()?.dialogs).toBe(0);
    }
  });
});

describe('R-SIP-3: a subscription of the application', () => {
  it('takes NOTIFYs, in the dialog alone, until the last one', async () => {
    const scenario = await newScenario();
    const { application, peer, server, say } = scenario;
    await scenario.connect();
    const asking = application.createUAC(`sip:bob@${peer.at}`, {
      method: 'SUBSCRIBE',
      headers: { Event: 'presence', Expires: '60' },
    });
    const subscribe = await peer.next();
    // One that overtakes the 2xx finds no dialog yet.
    say(notifyIn(scenario, field(subscribe, 'From'), field(subscribe, 'Call-ID'), 0, 'active', 'early'));
    expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    expect(subscribe.lines.map((line) => line.split(':')[0])).toContain('Contact');
    say(answerTo(subscribe, '202 Accepted', { toTag: 'B', lines: [`Contact: <sip:bob@${peer.at}>`, 'Expires: 60'] }));
    const dialog = await asking;
    const bodies: string[] = [];
    dialog.on('notify', (request: Message, response) => {
      bodies.push(request.body);
      response.send(200);
    });
    const notify = (sequence: number, state: string, body: string) =>
      notifyIn(scenario, field(subscribe, 'From'), field(subscribe, 'Call-ID'), sequence, state, body);
    say(notify(1, 'active', 'here'));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    say(notify(2, 'terminated;reason=noresource', 'gone'));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(bodies).toEqual(['here', 'gone']);
    expect(server.counters()?.dialogs).toBe(0);
    say(notify(3, 'active', 'back'));
    expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
  });
});

describe('R-SIP-3: REFER and MESSAGE', () => {
  it('a REFER of the application carries a Contact, and the NOTIFY of the peer comes in the same dialog', async () => {
    const scenario = await newScenario();
    const { peer, say, server } = scenario;
    const { dialog, call, toTag } = await answeredCall(scenario);
    const asking = dialog.request({ method: 'REFER', headers: { 'Refer-To': '<sip:carol@example.com>' } });
    const refer = await peer.next();
    expect([field(refer, 'Contact'), field(refer, 'Refer-To')]).toEqual([
      `<sip:${server.at}>`,
      '<sip:carol@example.com>',
    ]);
    say(answerTo(refer, '202 Accepted'));
    expect(await asking).toMatchObject({ status: 202 });
    const states: string[] = [];
    dialog.on('notify', (request: Message, response) => {
      states.push(request.get('Subscription-State'));
      response.send(200);
    });
    const lines = ['Event: refer', 'Subscription-State: terminated;reason=noresource', 'Content-Type: message/sipfrag'];
    say(call.request('NOTIFY', 2, { toTag, lines, body: 'SIP/2.0 200 OK' }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(states).toEqual(['terminated;reason=noresource']);
    // The call goes on.
    expect(server.counters()?.dialogs).toBe(1);
  });

  it('a REFER outside of dialogs is shown to who routes the verb, and opens none', async () => {
    const scenario = await newScenario();
    const { application, peer, say, server } = scenario;
    application.use('refer', (_, response) => response.send(202));
    await scenario.connect();
    say(newCall(scenario).request('REFER', 1, { contact: true, lines: ['Refer-To: <sip:carol@example.com>'] }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 202 Accepted');
    expect(server.counters()).toMatchObject({ dialogs: 0, refused: {} });
  });

  it('a MESSAGE goes both ways inside of a call', async () => {
    const scenario = await newScenario();
    const { peer, say } = scenario;
    const { dialog, call, toTag } = await answeredCall(scenario);
    let text = '';
    dialog.on('message', (request: Message, response) => {
      text = request.body;
      response.send(200);
    });
    say(call.request('MESSAGE', 2, { toTag, lines: ['Content-Type: text/plain'], body: 'hello' }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(text).toBe('hello');
    const headers = { 'Content-Type': 'text/plain' };
    const sending = dialog.request({ method: 'MESSAGE', headers, body: 'hello yourself' });
    const heard = await peer.next();
    expect([heard.startLine.split(' ')[0], heard.body]).toEqual(['MESSAGE', 'hello yourself']);
    say(answerTo(heard, '200 OK'));
    expect(await sending).toMatchObject({ status: 200 });
  });

  it('nobody answers a MESSAGE: its sender gave up long before we do', async () => {
    const scenario = await newScenario();
    const { application, peer, say, server } = scenario;
    application.use('message', () => {});
    await scenario.connect();
    say(newCall(scenario).request('MESSAGE', 1));
    await scenario.told(1);
    await server.advance(64_000);
    expect(server.counters()?.transactions).toBe(0);
    expect(peer.heard).toEqual([]);
  });
});

/** A NOTIFY of the peer, whose tag is B. */
function notifyIn(
  { server, peer }: Scenario,
  to: string,
  callId: string,
  sequence: number,
  state: string,
  body: string,
): string {
  return [
    `NOTIFY sip:${server.at} SIP/2.0`,
    `Via: SIP/2.0/UDP ${peer.at};branch=z9hG4bKnotify-${sequence};rport`,
    `From: <sip:bob@${peer.at}>;tag=B`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${sequence} NOTIFY`,
    'Max-Forwards: 70',
    event,
    `Subscription-State: ${state}`,
    'Content-Type: text/plain',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

async function subscribed(): Promise<{
  scenario: Scenario;
  call: ReturnType<typeof newCall>;
  toTag: string;
  dialog: Dialog;
}> {
  const scenario = await newScenario();
  const { application, peer, say } = scenario;
  let dialog: Dialog | undefined;
  application.use('subscribe', (request, response) => {
    application.createUAS(request, response, { headers: { Expires: '60' } }, (_, created) => {
      dialog = created;
    });
  });
  await scenario.connect();
  const call = newCall(scenario);
  say(call.request('SUBSCRIBE', 1, { contact: true, lines: [event, 'Expires: 60'] }));
  const toTag = tagIn(field(await peer.next(), 'To'));
  await until(() => dialog !== undefined);
  return { scenario, call, toTag, dialog: dialog! };
}
