import { describe, expect, it } from 'vitest';
import { field } from '../../conformance/drachtio/peer.ts';
import { inviteOf } from '../../conformance/drachtio/scenario.ts';
import { until } from '../../harness/processes.ts';
import { answerSdp, Scene } from './scene.ts';

describe('new calls of a recorder that is nearly full', () => {
  it('R-SIP-3: are refused by the edge when there is no room for them, and come here as soon as there is', async () => {
    const scene = await Scene.open();
    scene.signalling.room(33, 7);
    scene.signalling.room(1, 7);
    await scene.roomHeard();
    const { dialog } = await scene.incoming();
    scene.signalling.room(0, 7);
    const over = scene.newCall();
    scene.say(inviteOf(over));
    const refusal = await scene.next();
    expect([refusal.startLine, field(refusal, 'Retry-After')]).toEqual(['SIP/2.0 503 Service Unavailable', '7']);
    await scene.signalling.answer(dialog, answerSdp);
    expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
    scene.say(inviteOf(scene.newCall()));
    expect((await scene.next()).startLine).toBe('SIP/2.0 503 Service Unavailable');
    scene.signalling.room(1, 7);
    await scene.roomHeard();
    await scene.incoming();
    expect(scene.invites).toHaveLength(2);
    expect(scene.edgeRefusals).toEqual({ 'application-full': 2 });
  });

  it('R-SIP-3: an edge that was killed does not refuse the copy of what it had taken', async () => {
    const scene = await Scene.open();
    scene.signalling.room(1, 7);
    const { call, dialog } = await scene.incoming();
    scene.signalling.room(0, 7);
    await scene.restartEdge();
    await until('the edge is back', () => scene.logged.filter((text) => text === 'connected to the edge').length === 2);
    scene.say(inviteOf(scene.newCall()));
    await until('a new call comes', () => scene.invites.length === 2);
    scene.say(inviteOf(call));
    await scene.signalling.answer(dialog, answerSdp);
    expect((await scene.next()).startLine).toBe('SIP/2.0 200 OK');
  });
});
