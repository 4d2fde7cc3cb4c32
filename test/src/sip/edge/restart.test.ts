// An edge that is killed and started again: what its journal tells it is all it has. The kill is a copy of the journal as it
// lay on the disk at that moment; the first edge is then put away without being asked anything more.

import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { type Edge, startEdge } from '#src/sip/edge';
import { type Application, connect, newApplication } from '../../../conformance/drachtio/application.ts';
import { field, openPeer, type Peer, shapeOf, tagIn } from '../../../conformance/drachtio/peer.ts';
import { answerTo, type Call, inviteOf, newCall, sdp, turns, until } from '../../../conformance/drachtio/scenario.ts';
import { journalKeys } from '../../../harness/journal-keys.ts';
import { temporaryFolder } from '../../../harness/processes.ts';

describe('R-SIP-3: an edge is killed under a call', () => {
  it('the BYE after it is shown to the application and answered', async () => {
    const life = await newLife();
    const { call, toTag } = await life.answered();
    await life.kill();
    expect(life.edge.counters().dialogs).toBe(1);
    const shown = await life.reconnect();
    life.say(call.request('BYE', 2, { toTag }));
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(shown.map(({ method }) => method)).toEqual(['BYE']);
    expect(life.edge.counters()).toMatchObject({ dialogs: 0, refused: {} });
  });

  it('a BYE that comes before the application is back waits for it; re-INVITE and UPDATE too, in order', async () => {
    const life = await newLife();
    const { call, toTag } = await life.answered();
    await life.kill();
    life.say(inviteOf(call, 2, { toTag }));
    const shown = await life.reconnect();
    const answer = await life.peer.next();
    expect([answer.startLine, field(answer, 'CSeq')]).toEqual(['SIP/2.0 200 OK', '2 INVITE']);
    life.say(call.request('ACK', 2, { toTag }));
    life.say(call.request('UPDATE', 3, { toTag, contact: true }));
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(shown.map(({ method }) => method)).toEqual(['INVITE', 'UPDATE']);
  });

  it('the 200 goes on being repeated until its ACK comes, copies of the INVITE are absorbed', async () => {
    const life = await newLife();
    const { call, toTag, answer } = await life.answered({ acknowledge: false });
    life.clock.advance(600);
    await life.peer.next();
    await life.kill();
    life.say(inviteOf(call));
    life.clock.advance(500);
    const again = await life.peer.next();
    expect([again.startLine, again.lines, again.body]).toEqual([answer.startLine, answer.lines, sdp]);
    life.say(call.request('ACK', 1, { toTag }));
    await until(() => life.edge.counters().requestsReceived === 2);
    const { repeatsSent } = life.edge.counters();
    life.clock.advance(20_000);
    expect(life.edge.counters()).toMatchObject({ repeatsSent, repeatsAbsorbed: 1, dialogs: 1, refused: {} });
  });

  it('no ACK ever: the call ends 32 seconds after its 200, whoever sent that', async () => {
    const life = await newLife();
    await life.answered({ acknowledge: false });
    life.clock.advance(10_000);
    await life.kill();
    life.clock.advance(21_000);
    expect(life.edge.counters().answersAbandoned).toBe(0);
    life.clock.advance(2_000);
    expect(life.edge.counters()).toMatchObject({ answersAbandoned: 1, dialogs: 0 });
  });

  it('a BYE that was answered is answered again, and not shown again', async () => {
    const life = await newLife();
    const { call, toTag } = await life.answered();
    life.say(call.request('BYE', 2, { toTag }));
    const ended = await life.peer.next();
    // The answer is written down a few milliseconds after it went out.
    life.clock.advance(50);
    await life.kill();
    expect(life.edge.counters().dialogs).toBe(0);
    const shown = await life.reconnect();
    life.say(call.request('BYE', 2, { toTag }));
    expect(await life.peer.next()).toMatchObject({ startLine: ended.startLine, lines: ended.lines });
    expect(shown).toEqual([]);
  });

  it('an application goes on numbering where it was', async () => {
    const life = await newLife();
    const { call } = await life.answered();
    const dialogId = `${call.callId};from-tag=${tagIn(inviteOf(call).split('\r\n')[2]!)}`;
    life.ask('INFO', dialogId);
    const info = await life.peer.next();
    expect(field(info, 'CSeq')).toBe('2 INFO');
    life.say(answerTo(info, '200 OK'));
    await life.kill();
    await life.reconnect();
    life.ask('BYE', dialogId);
    const bye = await life.peer.next();
    expect([field(bye, 'CSeq'), shapeOf(bye)]).toEqual([
      '3 BYE',
      'BYE: Via Max-Forwards From To Call-ID CSeq Content-Length',
    ]);
  });

  it('a request that nobody had answered is taken when it comes again', async () => {
    const life = await newLife();
    life.mute('info');
    const { call, toTag } = await life.answered();
    life.say(call.request('INFO', 2, { toTag }));
    await until(() => life.edge.counters().requestsReceived === 3);
    // Something else is written down meanwhile.
    life.ask('INFO', `${call.callId};from-tag=${tagIn(inviteOf(call).split('\r\n')[2]!)}`);
    await life.peer.next();
    await life.kill();
    const shown = await life.reconnect();
    life.say(call.request('INFO', 2, { toTag }));
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(shown.map(({ method }) => method)).toEqual(['INFO']);
  });

  it('a session timer runs on: who does not refresh in time is hung up on', async () => {
    const life = await newLife();
    await life.answered({ lines: ['Supported: timer', 'Session-Expires: 90;refresher=uac'] });
    life.clock.advance(40_000);
    await life.kill();
    life.clock.advance(19_000);
    expect(life.edge.counters().dialogs).toBe(1);
    life.clock.advance(2_000);
    expect((await life.peer.next()).startLine).toMatch(/^BYE /);
    expect(life.edge.counters().dialogs).toBe(0);
  });

  it('what it held is in one segment, and older ones go', async () => {
    const life = await newLife();
    await life.answered();
    for (let round = 0; round < 3; round += 1) await life.kill();
    while ((await life.segments()).length > 1) await turns(1);
    expect(life.edge.counters().dialogs).toBe(1);
  });
});

// The journal knows answered calls only. Who has heard nothing of his INVITE repeats it, and 100 is not said before 200 ms.
describe('R-SIP-3: an edge is killed under an INVITE that nobody has answered', () => {
  it('a copy of it is served as new: shown to the application again and answered', async () => {
    const life = await newLife();
    life.mute('invite');
    const call = await life.ringing();
    await life.kill();
    expect(life.edge.counters()).toMatchObject({ dialogs: 0, transactions: 0 });
    const shown = await life.reconnect();
    life.say(inviteOf(call));
    const answer = await life.peer.next();
    expect([answer.startLine, answer.body]).toEqual(['SIP/2.0 200 OK', sdp]);
    life.say(call.request('ACK', 1, { toTag: tagIn(field(answer, 'To')) }));
    await until(() => life.edge.counters().requestsReceived === 2);
    life.clock.advance(40_000);
    expect(shown.map(({ method }) => method)).toEqual(['INVITE']);
    expect(life.edge.counters()).toMatchObject({ dialogs: 1, answersAbandoned: 0, refused: {} });
  });

  it('a copy that comes before the application is back waits for it', async () => {
    const life = await newLife();
    life.mute('invite');
    const call = await life.ringing();
    await life.kill();
    expect(life.peer.heard).toEqual([]);
    life.say(inviteOf(call));
    await until(() => life.edge.counters().transactions === 1);
    life.clock.advance(2_000);
    const shown = await life.reconnect();
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 200 OK');
    expect(shown.map(({ method }) => method)).toEqual(['INVITE']);
  });

  it('an application that does not come back within 3 s: 503, the caller tries elsewhere', async () => {
    const life = await newLife();
    life.mute('invite');
    const call = await life.ringing();
    await life.kill();
    life.clock.advance(1_000);
    life.say(inviteOf(call));
    await until(() => life.edge.counters().transactions === 1);
    life.clock.advance(2_000);
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 503 Service Unavailable');
    life.say(inviteOf(newCall({ peer: life.peer, server: { sipPort: life.edge.sip.port } })));
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 503 Service Unavailable');
    expect(life.edge.counters().refused).toEqual({ 'no-application': 2 });
  });

  it('while it waits for an application it can be cancelled, and is shown to none', async () => {
    const life = await newLife();
    await life.kill();
    const call = newCall({ peer: life.peer, server: { sipPort: life.edge.sip.port } });
    life.say(inviteOf(call, 1, { branch: 'waits' }));
    life.say(call.request('CANCEL', 1, { branch: 'waits' }));
    expect([(await life.peer.next()).startLine, (await life.peer.next()).startLine]).toEqual([
      'SIP/2.0 200 OK',
      'SIP/2.0 487 Request Terminated',
    ]);
    expect(await life.reconnect()).toEqual([]);
  });

  it('without a copy, because its 100 had arrived, nobody is told: its CANCEL finds nothing', async () => {
    const life = await newLife();
    life.mute('invite');
    const call = await life.ringing();
    await life.kill();
    const shown = await life.reconnect();
    life.clock.advance(64_000);
    const heard = life.peer.heard.length;
    const branch = /branch=z9hG4bK([^;]+)/.exec(inviteOf(call))![1]!;
    life.say(call.request('CANCEL', 1, { branch }));
    expect((await life.peer.next()).startLine).toBe('SIP/2.0 481 Call/Transaction Does Not Exist');
    expect([life.peer.heard.length, shown]).toEqual([heard + 1, []]);
  });

  it('the answer to one of the application comes to nobody: the peer repeats it, then ends what was never confirmed', async () => {
    const life = await newLife();
    const invite = await life.placed();
    await life.kill();
    const shown = await life.reconnect();
    life.say(answerTo(invite, '200 OK', { toTag: 'B', lines: [`Contact: <sip:bob@${life.peer.at}>`] }));
    await until(() => life.edge.counters().responsesReceived === 1);
    expect(life.edge.counters()).toMatchObject({ dialogs: 0, refused: { 'stray-response': 1 } });
    expect(shown).toEqual([]);
  });
});

describe('R-SIP-3: an edge that cannot use its journal', () => {
  it('takes calls all the same, and says what is at stake', async () => {
    const life = await newLife({ spoil: (folder) => writeFileSync(folder, 'no folder') });
    expect(life.alarms).toEqual([expect.stringContaining('calls would not survive a crash')]);
    await life.answered();
  });

  it('reads what can be read of a damaged one', async () => {
    const life = await newLife();
    await life.answered();
    await life.kill((folder, segment) => writeFileSync(join(folder, segment), 'no segment'));
    expect(life.alarms).toEqual([expect.stringContaining('cannot be read')]);
    await life.reconnect();
    await life.answered();
  });
});

/** An edge with a journal, one application and one peer, over several starts. */
async function newLife({ spoil = (_folder: string) => {} } = {}) {
  const folder = temporaryFolder('edge');
  onTestFinished(folder.remove);
  const clock = new VirtualClock();
  const peer = await openPeer();
  onTestFinished(() => peer.close());
  let lives = 0;
  /** Methods the application is shown and does not answer. */
  const unanswered = new Set<string>();
  const alarms: string[] = [];
  const journal = () => join(folder.path, `journal-${lives}`);
  const start = (port: number): Promise<Edge> =>
    startEdge({
      listeners: [{ transport: 'udp', address: '127.0.0.1', port }],
      application: { host: '127.0.0.1', port: 0, secret: 'cymru' },
      journal: { folder: journal(), ...journalKeys },
      clock,
      random: seededRandom(lives + 1),
      alarm: (message) => alarms.push(message),
    });
  spoil(journal());
  let edge = await start(0);
  let application: Application;
  onTestFinished(() => edge.close());
  const attach = async () => {
    const shown: { method: string }[] = [];
    application = newApplication(['recorder']);
    const current = application;
    for (const method of ['invite', 'bye', 'info', 'update'] as const) {
      (current as unknown as Handlers).use(method, (request, response) => {
        shown.push({ method: request.method });
        if (unanswered.has(method)) return;
        if (method === 'invite') response.send(200, { body: sdp, headers: { 'Content-Type': 'application/sdp' } });
        else response.send(200);
      });
    }
    await connect(current, { port: edge.application.port, secret: 'cymru' });
    return shown;
  };
  await attach();
  return {
    get edge() {
      return edge;
    },
    clock,
    peer,
    alarms,
    segments: () => readdir(journal()),
    mute: (method: string) => void unanswered.add(method),
    say: (text: string) => peer.send(text, edge.sip.port),
    ask(method: string, dialogId: string) {
      const options = { uri: 'sip:placeholder', method, stackDialogId: dialogId };
      (application as unknown as Asker).request(options, () => {});
    },
    /** A call the application was shown. */
    async ringing(): Promise<Call> {
      const call = newCall({ peer, server: { sipPort: edge.sip.port } });
      peer.send(inviteOf(call), edge.sip.port);
      await until(() => edge.counters().transactions === 1);
      return call;
    },
    /** An INVITE of the application, as the peer heard it. */
    async placed() {
      application.createUAC(`sip:bob@${peer.at}`, { localSdp: sdp }).catch(() => {});
      return peer.next();
    },
    async answered({ acknowledge = true, lines = [] as string[] } = {}): Promise<{
      call: Call;
      toTag: string;
      answer: Awaited<ReturnType<Peer['next']>>;
    }> {
      const call = newCall({ peer, server: { sipPort: edge.sip.port } });
      peer.send(inviteOf(call, 1, { lines: ['Content-Type: application/sdp', ...lines] }), edge.sip.port);
      const answer = await peer.next();
      const toTag = tagIn(field(answer, 'To'));
      const before = edge.counters().requestsReceived;
      if (acknowledge) {
        peer.send(call.request('ACK', 1, { toTag }), edge.sip.port);
        await until(() => edge.counters().requestsReceived > before);
        clock.advance(50);
      }
      return { call, toTag, answer };
    },
    /** Ends this life with what is on the disk now, perhaps damaged, and begins the next one. */
    async kill(damage: (folder: string, segment: string) => void = () => {}) {
      const { port } = edge.sip;
      const left = journal();
      lives += 1;
      cpSync(left, journal(), { recursive: true });
      const ended = edge;
      await ended.close();
      rmSync(left, { recursive: true });
      for (const segment of await readdir(journal())) damage(journal(), segment);
      edge = await start(port);
    },
    async reconnect() {
      unanswered.clear();
      return attach();
    },
  };
}

interface Handlers {
  use(
    method: string,
    handle: (request: { method: string }, response: { send(status: number, options?: object): void }) => void,
  ): void;
}

interface Asker {
  request(options: object, sent: (error: unknown) => void): void;
}
