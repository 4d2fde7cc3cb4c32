import { describe, expect, it } from 'vitest';
import { inviteOf } from '../../conformance/drachtio/scenario.ts';
import { until } from '../../harness/processes.ts';
import { answerSdp, branchOf, Scene } from './scene.ts';

describe('callers whose edge is killed', () => {
  it.each(['before the session has answered', 'when the session answers while it is away'])(
    'R-SIP-3: an INVITE lost with the edge %s comes again, is told once and answered',
    async (when) => {
      const scene = await Scene.open();
      const { call, dialog } = await scene.incoming();
      await scene.restartEdge();
      const connected = () => scene.logged.filter((line) => line === 'connected to the edge').length === 2;
      if (when.startsWith('before')) await until('two connections', connected);
      const answered = scene.signalling.answer(dialog, answerSdp);
      scene.say(inviteOf(call));
      expect(await scene.next()).toMatchObject({ startLine: 'SIP/2.0 200 OK', body: answerSdp });
      await answered;
      expect([scene.invites.length, scene.told]).toEqual([1, []]);
      await expect(scene.signalling.answer(dialog, answerSdp)).rejects.toMatchObject({ code: 'dialog-gone' });
    },
  );

  it('R-HA-1: an answer lost with the edge that nobody asks for again fails, and its dialog does not stand', async () => {
    const scene = await Scene.open();
    const { dialog } = await scene.incoming();
    await scene.closeEdge();
    const answered = scene.signalling.answer(dialog, answerSdp);
    const stands = scene.signalling.stands(dialog);
    await scene.openEdge();
    expect(await stands).toBe(false);
    await expect(answered).rejects.toMatchObject({ code: 'answer-lost' });
  });

  it('R-HA-1: a dialog that the edge knows stands, whether or not its peer says so', async () => {
    const scene = await Scene.open();
    const { dialog } = await scene.answered();
    expect(await scene.signalling.stands(dialog)).toBe(true);
    expect((await scene.next()).startLine).toMatch(/^OPTIONS sip:alice@/);
  });

  it('R-SIP-3: an INVITE that comes again through another edge can be cancelled', async () => {
    const scene = await Scene.open();
    const { call, dialog } = await scene.incoming();
    await scene.restartEdge();
    scene.say(inviteOf(call));
    // What comes after the copy is told after it.
    await scene.incoming();
    scene.say(call.request('CANCEL', 1, { branch: branchOf(call) }));
    await scene.heard(`cancelled ${dialog}`);
  });
});
