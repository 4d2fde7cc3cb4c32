// Sessions that must be refreshed (RFC 4028): transcript 34.

import { describe, expect, it } from 'vitest';
import { field, shapeOf } from './peer.ts';
import { answeredCall, inviteOf, newScenario } from './scenario.ts';
import { isOurs } from './server.ts';

const timer = 'Supported: timer';

describe('R-SIP-4: a session with a timer', () => {
  it('34: is agreed to; an interval that is too short is refused by the server itself', async () => {
    const scenario = await newScenario();
    const { say, peer, told } = scenario;
    const lines = [timer, 'Session-Expires: 90;refresher=uac', 'Min-SE: 90', 'Content-Type: application/sdp'];
    const { call, toTag, answer } = await answeredCall(scenario, { lines });
    expect(field(answer, 'Session-Expires')).toBe('90;refresher=uac');
    const short = [timer, 'Session-Expires: 30', 'Content-Type: application/sdp'];
    say(inviteOf(call, 2, { toTag, branch: '34', lines: short }));
    const refused = await peer.next();
    expect(shapeOf(refused)).toBe('422 Session Interval Too Small: Via From To Call-ID CSeq Min-SE Content-Length');
    expect(field(refused, 'Min-SE')).toBe('90');
    say(call.request('ACK', 2, { toTag, branch: '34' }));
    say(call.request('BYE', 3, { toTag }));
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    // drachtio-server shows the ACK of the 422, although it showed neither the request nor its answer.
    const shown = (await told(isOurs ? 5 : 6)).slice(3).filter((line) => !line.endsWith('ACK'));
    expect(shown.map((line) => line.replace(/\bt\d\b/g, 'tx'))).toEqual([
      'network udp peer tx d1 BYE',
      '[tx - 200 OK] OK application - peer tx - 200 OK: Via From To Call-ID CSeq Content-Length',
    ]);
    // RFC 4028 §9: whoever answers insists on a timer that the caller is to keep.
    const required = isOurs ? ' Require' : '';
    const shape = `200 OK: Via From To Call-ID CSeq Contact Session-Expires${required} Content-Type Content-Length`;
    expect(shapeOf(answer)).toBe(shape);
  });
});
