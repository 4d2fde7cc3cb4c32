// Applications that go and come back: whose calls are whose, and what waits for them meanwhile.

import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Application, connect, newApplication } from '../../../conformance/drachtio/application.ts';
import { answeredCall, newScenario, type Scenario, turns, until } from '../../../conformance/drachtio/scenario.ts';

const recorder = ['recorder'];

describe('R-SIP-3: an application goes in mid-call', () => {
  it('a BYE waits for it, and is shown and answered when one with the same secret and tag connects', async () => {
    const { scenario, call, toTag } = await callOf(recorder);
    const { peer, say, server } = scenario;
    say(call.request('BYE', 2, { toTag }));
    await received(scenario, 3);
    expect(peer.heard.filter(({ startLine }) => startLine.includes('481'))).toEqual([]);
    const shown = await arrive(scenario, recorder);
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(shown).toEqual(['BYE']);
    expect(server.counters()).toMatchObject({ dialogs: 0, refused: {} });
  });

  it('what waits is shown in the order it came', async () => {
    const { scenario, call, toTag } = await callOf(recorder);
    for (const [sequence, method] of (['INFO', 'UPDATE', 'BYE'] as const).entries()) {
      scenario.say(call.request(method, 2 + sequence, { toTag, contact: true }));
      await received(scenario, 3 + sequence);
    }
    const shown = await arrive(scenario, recorder);
    await until(() => shown.length === 3);
    expect(shown).toEqual(['INFO', 'UPDATE', 'BYE']);
  });

  it('nobody else gets it: not one with other tags, nor one whose secret is wrong', async () => {
    const { scenario, call, toTag } = await callOf(recorder);
    const { peer, say, server } = scenario;
    say(call.request('BYE', 2, { toTag }));
    await received(scenario, 3);
    const shown = await arrive(scenario, ['archive']);
    await expect(arrive(scenario, recorder, 'wrong')).rejects.toThrow('failed to authenticate');
    await turns(4);
    expect(shown).toEqual([]);
    // Longer than anything else, for nobody says again that the call is over.
    await server.advance(24_900);
    expect(peer.heard.filter(({ startLine }) => startLine.includes('481'))).toEqual([]);
    await server.advance(100);
    expect((await peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    expect(server.counters()).toMatchObject({ dialogs: 0 });
  });

  it('of a name only the whole set of tags counts, in any order', async () => {
    const { scenario, call, toTag } = await callOf(['recorder', 'node-a']);
    scenario.say(call.request('BYE', 2, { toTag }));
    await received(scenario, 3);
    const wrong = await arrive(scenario, recorder);
    const right = await arrive(scenario, ['node-a', 'recorder']);
    expect((await scenario.peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect([wrong, right]).toEqual([[], ['BYE']]);
  });

  it('the library comes back by itself, and its dialog is ended as if nothing had been', async () => {
    const scenario = await newScenario(recorder);
    const { application, tap, peer, say, server } = scenario;
    // As `connect` of the library does without options of its own.
    const { dialog, call, toTag } = await answeredCall({
      ...scenario,
      async connect() {
        application.connect({ host: '127.0.0.1', port: tap.port, secret: server.secret });
        await once(application, 'connect');
        await until(() => tap.told.length === tap.said.length && tap.said.length === 2);
      },
      told: async (count) => {
        await until(() => tap.told.length >= 2 + count);
        return tap.told.slice(2);
      },
    });
    onTestFinished(() => application.disconnect());
    const destroyed = once(dialog, 'destroy');
    tap.cut();
    await until(() => server.counters()?.connections === 0);
    say(call.request('BYE', 2, { toTag }));
    await destroyed;
    expect((await peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(server.counters()).toMatchObject({ dialogs: 0, connections: 1, refused: {} });
  });

  it('its calls are ended when it stays away for an hour', async () => {
    const { scenario } = await callOf(recorder);
    const { peer, server } = scenario;
    await server.advance(3_599_000);
    expect(server.counters()?.dialogs).toBe(1);
    await server.advance(1_000);
    const bye = await peer.next();
    expect(bye.lines).toContain('Reason: SIP;cause=480;text="application gone"');
    expect(server.counters()?.dialogs).toBe(0);
  });
});

/** A call whose application has just gone. */
async function callOf(
  tags: readonly string[],
): Promise<{ scenario: Scenario } & Awaited<ReturnType<typeof answeredCall>>> {
  const scenario = await newScenario(tags);
  const answered = await answeredCall(scenario);
  await received(scenario, 2);
  scenario.tap.cut();
  await until(() => scenario.server.counters()?.connections === 0);
  return { scenario, ...answered };
}

/** An application connects, answers whatever it is shown, and notes the method. */
async function arrive({ server }: Scenario, tags: readonly string[], secret = server.secret): Promise<string[]> {
  const shown: string[] = [];
  const application: Application = newApplication(tags);
  onTestFinished(() => {
    if (application.socket) application.disconnect();
  });
  for (const method of ['info', 'update', 'bye']) {
    application.use(method, (request, response) => {
      shown.push(request.method ?? '');
      response.send(200);
    });
  }
  await connect(application, { port: server.applicationPort, secret });
  return shown;
}

async function received({ server }: Scenario, requests: number): Promise<void> {
  await until(() => server.counters()!.requestsReceived >= requests);
}
