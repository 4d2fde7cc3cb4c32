// Connections to the SIP port that never come to the point (slow loris): some say nothing, some begin a message and go on byte
// by byte, some announce a body and let it drip. Beside them somebody wants to be served: over a connection that was there
// before, and over a new one each time.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { systemClock } from '#src/ports';
import type { Figures } from './drill.ts';
import type { Place } from './packet-flood.io.ts';

/** From so many addresses, more from each than an edge takes. */
const strangers = ['127.0.0.4', '127.0.0.5'] as const;
const connectionsEach = 1_100;
const dripEveryMs = 500;
const askEveryMs = 250;
const answerMsMax = 2_000;
const halfHeadBytes = 8_192;

/** Holds the connections open for so long; resolves with what the others saw meanwhile. */
export async function floodWithConnections(sip: Place, forMs: number): Promise<Figures> {
  const steady = await connected(sip, '127.0.0.1');
  const openOf = new Map(strangers.map((from) => [from, new Set<Socket>()]));
  const untilMs = systemClock.monotonicMs() + forMs;
  const asked: (number | undefined)[] = [];
  let openMax = 0;
  let phase: 'dripping' | 'over' = 'dripping';
  const dripping = (async () => {
    while (phase === 'dripping') {
      for (const [from, open] of openOf) {
        // All at once in the first turn; later whoever was turned out comes again.
        for (let index = open.size; index < connectionsEach; index += 1) begin(sip, from, index, open);
      }
      openMax = Math.max(
        openMax,
        [...openOf.values()].reduce((sum, { size }) => sum + size, 0),
      );
      await new Promise<void>((wake) => void systemClock.after(dripEveryMs, wake));
      for (const open of openOf.values()) for (const socket of open) if (!socket.connecting) socket.write('a');
    }
  })();
  while (systemClock.monotonicMs() < untilMs) {
    // One neighbour of the strangers, one from elsewhere.
    asked.push(await ask(steady, sip), await askAnew(sip, '127.0.0.1'), await askAnew(sip, strangers[0]));
    await new Promise<void>((wake) => void systemClock.after(askEveryMs, wake));
  }
  phase = 'over';
  await dripping;
  for (const socket of [steady, ...[...openOf.values()].flatMap((open) => [...open])]) socket.destroy();
  const answered = asked.filter((ms) => ms !== undefined);
  return {
    slowConnections: openMax,
    tcpRequests: asked.length,
    tcpRequestsUnanswered: asked.length - answered.length,
    tcpAnswerMsMax: Math.round(Math.max(0, ...answered)),
  };
}

function begin(sip: Place, from: string, index: number, open: Set<Socket>): void {
  const socket = connect({ host: sip.address, port: sip.port, localAddress: from });
  open.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => void open.delete(socket));
  socket.resume();
  const head = `OPTIONS sip:${sip.address}:${sip.port} SIP/2.0\r\nVia: SIP/2.0/TCP ${from};branch=z9hG4bK${index}\r\n`;
  const kinds = [
    '',
    `${head}X-Endless: ${'a'.repeat(halfHeadBytes)}`,
    `${head}Content-Type: text/plain\r\nContent-Length: 60000\r\n\r\n`,
  ];
  socket.write(kinds[index % kinds.length]!);
}

async function connected(sip: Place, from: string): Promise<Socket> {
  const socket = connect({ host: sip.address, port: sip.port, localAddress: from });
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

async function askAnew(sip: Place, from: string): Promise<number | undefined> {
  const startedMs = systemClock.monotonicMs();
  const socket = await connected(sip, from);
  const tookMs = await ask(socket, sip);
  socket.destroy();
  return tookMs === undefined ? undefined : systemClock.monotonicMs() - startedMs;
}

let lastAsked = 0;

/** How long the answer to an OPTIONS takes; undefined when there is none. */
function ask(socket: Socket, sip: Place): Promise<number | undefined> {
  const startedMs = systemClock.monotonicMs();
  lastAsked += 1;
  const id = `drill-${lastAsked}`;
  const { localAddress = '127.0.0.1', localPort = 0 } = socket;
  const head = [
    `OPTIONS sip:recorder@${sip.address}:${sip.port} SIP/2.0`,
    `Via: SIP/2.0/TCP ${localAddress}:${localPort};branch=z9hG4bK${id}`,
    `From: <sip:drill@${localAddress}>;tag=${id}`,
    `To: <sip:recorder@${sip.address}:${sip.port}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
    'Content-Length: 0',
  ];
  return new Promise((settle) => {
    let heard = '';
    const done = (tookMs: number | undefined) => {
      patience.cancel();
      socket.off('data', hear).off('close', lost);
      settle(tookMs);
    };
    const hear = (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (/^SIP\/2\.0 200 /m.test(heard)) done(systemClock.monotonicMs() - startedMs);
    };
    const lost = () => done(undefined);
    const patience = systemClock.after(answerMsMax, lost);
    if (socket.destroyed) lost();
    else
      socket
        .on('data', hear)
        .on('close', lost)
        .write(`${head.join('\r\n')}\r\n\r\n`);
  });
}
