// Datagrams read and written without Node. The conformance suite runs on it as well, where it is built; here is what calls do
// not show.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { loadDatagramCode, startEdge } from '#src/sip/edge';
import { datagramAccess } from '../../../harness/datagrams.ts';

describe.skipIf(!datagramAccess)('R-SIP-3: an edge that reads many datagrams at a time', () => {
  it('answers every one of more than it reads at once, each to where it came from', async () => {
    const { edge, peers } = await scene(2);
    for (let index = 0; index < 200; index += 1) peers[index % 2]!.options(`${index}`, edge.sip.port);
    for (const [which, { heard }] of peers.entries()) {
      while (heard.length < 100) await nextTurn();
      const wanted = Array.from({ length: 100 }, (_, index) => `${2 * index + which}`);
      expect(heard.map((text) => /branch=z9hG4bK(\d+)/.exec(text)![1])).toEqual(wanted);
    }
    expect(edge.counters().requestsReceived).toBe(200);
  });

  it('reads the largest there are, and empty ones', async () => {
    const { edge, peers } = await scene(1);
    peers[0]!.send('', edge.sip.port);
    peers[0]!.options('large', edge.sip.port, 'x'.repeat(60_000));
    while (peers[0]!.heard.length < 1) await nextTurn();
    expect(edge.counters()).toMatchObject({ requestsReceived: 1, refused: { 'no-application': 1 } });
  });

  it('leaves a socket that it was given to nobody but who closes it, also when datagrams wait', async () => {
    const { edge, peers } = await scene(1);
    for (let index = 0; index < 70; index += 1) peers[0]!.options(`${index}`, edge.sip.port);
    await edge.close();
    await edge.close();
  });
});

it('says why what reads many at a time cannot be loaded', () => {
  expect(loadDatagramCode('/nowhere/datagrams.node')).toContain('/nowhere/datagrams.node');
});

interface TestPeer {
  readonly heard: string[];
  send(text: string, port: number): void;
  options(branch: string, port: number, body?: string, method?: string): void;
}

async function scene(peerCount: number) {
  const edge = await startEdge({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    application: { host: '127.0.0.1', port: 0, secret: 's' },
    clock: new VirtualClock(),
    random: seededRandom(64),
    datagrams: datagramAccess!,
  });
  onTestFinished(() => edge.close());
  const peers: TestPeer[] = [];
  for (let index = 0; index < peerCount; index += 1) peers.push(await openTestPeer());
  return { edge, peers };
}

async function openTestPeer(): Promise<TestPeer> {
  const socket: Socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(bytes.toString('latin1')));
  const send = (text: string, port: number) => socket.send(text, port, '127.0.0.1');
  return {
    heard,
    send,
    options(branch, port, body = '', method = 'OPTIONS') {
      const lines = [
        `${method} sip:a@127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK${branch}`,
        'From: <sip:b@127.0.0.1>;tag=b',
        `To: <sip:a@127.0.0.1>${method === 'ACK' ? ';tag=a' : ''}`,
        `Call-ID: ${branch}`,
        `CSeq: 1 ${method}`,
        ...(body === '' ? [] : ['Content-Type: text/plain']),
        `Content-Length: ${body.length}`,
      ];
      send(`${lines.join('\r\n')}\r\n\r\n${body}`, port);
    },
  };
}
