// Requests outside of dialogs, and subscriptions: transcript 26.

import { describe, expect, it } from 'vitest';
import type { Dialog } from './application.ts';
import { field, shapeOf } from './peer.ts';
import { answerTo, newCall, newScenario } from './scenario.ts';

const plain200 = '200 OK: Via From To Call-ID CSeq Content-Length';

describe('R-SIP-4: requests outside of dialogs', () => {
  it('26: MESSAGE, REGISTER and NOTIFY of the peer', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    let text = '';
    application.use('message', (request, response) => {
      text = request.body;
      response.send(202);
    });
    application.use('register', (request, response) => {
      response.send(200, { headers: { contact: `${request.get('Contact')};expires=60` } });
    });
    application.use('notify', (_, response) => response.send(200));
    await scenario.connect();
    say(newCall(scenario).request('MESSAGE', 1, { lines: ['Content-Type: text/plain'], body: 'hello Zoë' }));
    expect(shapeOf(await peer.next())).toBe('202 Accepted: Via From To Call-ID CSeq Content-Length');
    expect(text).toBe('hello Zoë');
    say(newCall(scenario).request('REGISTER', 1, { contact: true }));
    const registered = await peer.next();
    expect([shapeOf(registered), field(registered, 'Contact')]).toEqual([
      '200 OK: Via From To Call-ID CSeq Contact Content-Length',
      `<sip:alice@${peer.at}>;expires=60`,
    ]);
    say(newCall(scenario).request('NOTIFY', 1, { lines: ['Event: keep-alive', 'Subscription-State: active'] }));
    expect(shapeOf(await peer.next())).toBe(plain200);
    expect(await told(6)).toEqual([
      'network udp peer on server t1 - MESSAGE',
      '[t1 - 202 Accepted] OK application - peer t1 - 202 Accepted: Via From To Call-ID CSeq Content-Length',
      'network udp peer on server t2 - REGISTER',
      '[t2 - 200 OK] OK application - peer t2 - 200 OK: Via From To Call-ID CSeq Contact Content-Length',
      'network udp peer on server t3 - NOTIFY',
      `[t3 - 200 OK] OK application - peer t3 - ${plain200}`,
    ]);
  });

  it('26: SUBSCRIBE of the peer opens a dialog, which the last NOTIFY ends', async () => {
    const scenario = await newScenario();
    const { application, peer, say, told } = scenario;
    const subscribed = new Promise<Dialog>((resolve) => {
      application.use('subscribe', (request, response) => {
        application.createUAS(request, response, { headers: { expires: '60' } }, (_, dialog) => resolve(dialog));
      });
    });
    await scenario.connect();
    const call = newCall(scenario);
    say(call.request('SUBSCRIBE', 1, { contact: true, lines: ['Event: presence', 'Expires: 60'] }));
    const accepted = await peer.next();
    const shape = '202 Accepted: Via From To Call-ID CSeq Contact Expires Content-Length';
    expect([shapeOf(accepted), field(accepted, 'Contact')]).toEqual([shape, `<sip:${scenario.server.at}>`]);
    const dialog = await subscribed;
    const notify = async (state: string, content: { headers?: object; body?: string } = {}) => {
      const headers = { Event: 'presence', 'Subscription-State': state, ...content.headers };
      const sending = dialog.request({ ...content, method: 'NOTIFY', headers });
      const heard = await peer.next();
      say(answerTo(heard, '200 OK'));
      expect(await sending).toMatchObject({ status: 200 });
      return heard;
    };
    const first = await notify('active;expires=60', { headers: { 'Content-Type': 'text/plain' }, body: 'x' });
    expect([first.startLine, field(first, 'From'), field(first, 'CSeq')]).toEqual([
      `NOTIFY sip:alice@${peer.at} SIP/2.0`,
      field(accepted, 'To'),
      '2 NOTIFY',
    ]);
    const last = await notify('terminated;reason=noresource');
    expect(field(last, 'CSeq')).toBe('3 NOTIFY');
    const notified = 'NOTIFY: Via Max-Forwards From To Call-ID CSeq Event Subscription-State';
    expect(await told(6)).toEqual([
      'network udp peer on server t1 - SUBSCRIBE',
      `[t1 - 202 Accepted] OK application - peer t1 d1 ${shape}`,
      `[- d1 NOTIFY] OK application udp server t2 ${notified} Content-Type Content-Length`,
      'network udp peer t2 d1 200 OK',
      `[- d1 NOTIFY] OK application udp server t3 ${notified} Content-Length`,
      'network udp peer t3 d1 200 OK',
    ]);
  });
});
