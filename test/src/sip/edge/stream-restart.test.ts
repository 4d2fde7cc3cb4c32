// An edge that is killed under calls over TCP. Its connections end with it, the calls do not: what either side still has to
// say takes a new connection, to the port the other one named.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { startEdge } from '#src/sip/edge';
import { type Application, connect, newApplication } from '../../../conformance/drachtio/application.ts';
import { sdp } from '../../../conformance/drachtio/scenario.ts';
import { journalKeys } from '../../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../../harness/processes.ts';
import { connectPeer, listenPeer, requestFrom, type StreamPeer } from './stream-peer.ts';

const answered = /SIP\/2.0 200 OK\r\n.*CSeq: 1 INVITE.*\r\n\r\n/s;

it('R-SIP-3: a 2xx whose ACK has not come is repeated over a new connection to the port in Via', async () => {
  const life = await newLife();
  const { peer, listening } = await life.invited();
  await life.kill();
  await peer.closed();
  life.clock.advance(500);
  const again = await listening.next();
  const toTag = tagIn(await again.heard(answered));
  again.say(requestFrom(listening.port, 'ACK', 'call', { toTag }));
  await until('the ACK', () => life.edge.counters().requestsReceived === 1);
  const { repeatsSent } = life.edge.counters();
  life.clock.advance(40_000);
  expect(life.edge.counters()).toMatchObject({ dialogs: 1, repeatsSent, answersAbandoned: 0, refused: {} });
});

it('R-SIP-3: what the peer says next comes over a connection of its own, and is shown to the application', async () => {
  const life = await newLife();
  const { peer, listening, toTag } = await life.invited();
  peer.say(requestFrom(listening.port, 'ACK', 'call', { toTag }));
  await until('the ACK', () => life.edge.counters().requestsReceived === 2);
  await life.kill();
  const shown: string[] = [];
  const application = await life.attach();
  application.use('bye', (request, response) => {
    shown.push(request.method ?? '');
    response.send(200);
  });
  const other = await connectPeer(life.port);
  other.say(
    requestFrom(listening.port, 'BYE', 'bye', { toTag })
      .replace('Call-ID: bye', 'Call-ID: call')
      .replace('CSeq: 1', 'CSeq: 2'),
  );
  await other.heard(/SIP\/2.0 200 OK\r\n.*CSeq: 2 BYE/s);
  expect([shown, life.edge.counters().dialogs]).toEqual([['BYE'], 0]);
});

it('R-SIP-3: what the application says next goes over a new connection to the Contact', async () => {
  const life = await newLife();
  const { peer, listening, toTag } = await life.invited();
  peer.say(requestFrom(listening.port, 'ACK', 'call', { toTag }));
  await until('the ACK', () => life.edge.counters().requestsReceived === 2);
  await life.kill();
  const application = await life.attach();
  const bye = { uri: 'sip:placeholder', method: 'BYE', stackDialogId: 'call;from-tag=b' };
  (application as unknown as { request(options: object, sent: () => void): void }).request(bye, () => {});
  const other: StreamPeer = await listening.next();
  expect(await other.heard(/\r\n\r\n/)).toMatch(
    new RegExp(`^BYE sip:b@127.0.0.1:${listening.port};transport=tcp SIP/2.0\r\n`),
  );
});

/** An edge on TCP with a journal and one application, over several starts. */
async function newLife() {
  const folder = temporaryFolder('edge-stream');
  onTestFinished(folder.remove);
  const clock = new VirtualClock();
  let lives = 0;
  const journal = () => join(folder.path, `journal-${lives}`);
  const start = (port: number) =>
    startEdge({
      listeners: [{ transport: 'tcp', address: '127.0.0.1', port }],
      application: { host: '127.0.0.1', port: 0, secret: 'cymru' },
      journal: { folder: journal(), ...journalKeys },
      clock,
      random: seededRandom(lives + 1),
    });
  let edge = await start(0);
  onTestFinished(() => edge.close());
  const { port } = edge.sip;
  const attach = async (): Promise<Application> => {
    const application = newApplication(['recorder']);
    application.invite((request, response) => {
      application.createUAS(request, response, { localSdp: sdp }, () => {});
    });
    await connect(application, { port: edge.application.port, secret: 'cymru' });
    return application;
  };
  await attach();
  return {
    clock,
    port,
    attach,
    get edge() {
      return edge;
    },
    /** A call whose 200 has come. */
    async invited() {
      const listening = await listenPeer();
      const peer = await connectPeer(port);
      peer.say(requestFrom(listening.port, 'INVITE', 'call', { lines: ['Content-Type: application/sdp'], body: sdp }));
      const toTag = tagIn(await peer.heard(answered));
      return { peer, listening, toTag };
    },
    /** Ends this life with what is on the disk now, and begins the next one. */
    async kill(): Promise<void> {
      clock.advance(50);
      const left = journal();
      lives += 1;
      cpSync(left, journal(), { recursive: true });
      await edge.close();
      edge = await start(port);
    },
  };
}

/** `;tag=…` of the To line. */
function tagIn(text: string): string {
  return /^To:.*(;tag=[^\r]+)/m.exec(text.slice(text.lastIndexOf('SIP/2.0 200')))![1]!;
}
