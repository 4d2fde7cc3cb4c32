// A scripted SIP user agent over TCP or TLS, and an edge for it to talk to with an application on drachtio-srf behind.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { type Edge, type EdgeLimits, startEdge, type TlsCredentials } from '#src/sip/edge';
import {
  type Application,
  connect as connectApplication,
  newApplication,
} from '../../../conformance/drachtio/application.ts';
import { until } from '../../../harness/processes.ts';

const secret = 'cymru';
const pem = (name: string) => readFileSync(resolve(import.meta.dirname, `../../../fixtures/tls/${name}.pem`), 'utf8');

/** Certificates of test/fixtures/tls. */
export const authority = pem('authority');
export const certified = { certificate: pem('edge'), key: pem('edge.key') };
export const stranger = { certificate: pem('stranger'), key: pem('stranger.key') };

export interface StreamEdge {
  readonly edge: Edge;
  readonly clock: VirtualClock;
  /** Ports by transport. */
  readonly port: { readonly udp: number; readonly tcp: number; readonly tls: number };
  /** An application that has authenticated. */
  application(): Promise<Application>;
}

/** Starts an edge on UDP and TCP of one port, and on TLS. */
export async function startStreamEdge(
  limits: Partial<EdgeLimits> = {},
  tls: TlsCredentials = { ...certified, mutual: false },
): Promise<StreamEdge> {
  const clock = new VirtualClock();
  const place = { address: '127.0.0.1', port: 0 };
  const edge = await startEdge({
    listeners: [
      { transport: 'udp', ...place },
      { transport: 'tcp', ...place },
      { transport: 'tls', ...place, tls },
    ],
    application: { host: '127.0.0.1', port: 0, secret },
    clock,
    random: seededRandom(5_062),
    limits,
  });
  onTestFinished(() => edge.close());
  const [udp, tcp, secure] = edge.listeners.map((one) => one.port) as [number, number, number];
  return {
    edge,
    clock,
    port: { udp, tcp, tls: secure },
    async application() {
      const application = newApplication();
      onTestFinished(() => application.disconnect());
      await connectApplication(application, { port: edge.application.port, secret });
      return application;
    },
  };
}

/** One end of a connection. */
export interface StreamPeer {
  readonly socket: Socket;
  readonly port: number;
  /** What came, as text. */
  text(): string;
  say(text: string | Buffer): void;
  /** Waits until what came holds this. */
  heard(wanted: RegExp): Promise<string>;
  /** Waits for the end of the connection. */
  closed(): Promise<void>;
}

/** Connects; with `tls` waits for the handshake. */
export async function connectPeer(port: number, tls?: object): Promise<StreamPeer> {
  const place = { host: '127.0.0.1', port };
  const socket = tls ? connectTls({ ...place, ca: authority, ...tls }) : connect({ ...place, noDelay: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await Promise.race([once(socket, tls ? 'secureConnect' : 'connect'), once(socket, 'close')]);
  return peerOn(socket);
}

/** Listens for connections; `next` waits for one that has not been taken. */
export async function listenPeer(
  tls?: object,
): Promise<{ readonly port: number; next(): Promise<StreamPeer>; count(): number }> {
  const accepted: StreamPeer[] = [];
  let taken = 0;
  const attend = (socket: Socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    accepted.push(peerOn(socket));
  };
  const server = tls ? createTlsServer(tls, attend) : createServer(attend);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as { port: number }).port,
    count: () => accepted.length,
    next: async () => {
      const one = await until('a connection', () => accepted[taken]);
      taken += 1;
      return one;
    },
  };
}

function peerOn(socket: Socket): StreamPeer {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const port = (socket instanceof TLSSocket ? socket : socket).localPort ?? 0;
  return {
    socket,
    port,
    text: () => text,
    say: (what) => void socket.write(what),
    heard: (wanted) => until(`${wanted} in "${text}"`, () => wanted.test(text) && text),
    closed: () => until('the end of the connection', () => socket.closed).then(() => {}),
  };
}

/** A request from `port` of 127.0.0.1. */
export function requestFrom(
  port: number,
  method: string,
  branch: string,
  { transport = 'TCP', via = '', lines = [] as readonly string[], body = '', toTag = '' } = {},
): string {
  const from = `127.0.0.1:${port}`;
  return [
    `${method} sip:a@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${transport} ${from};branch=z9hG4bK${branch}${via}`,
    'From: <sip:b@127.0.0.1>;tag=b',
    `To: <sip:a@127.0.0.1>${toTag}`,
    `Call-ID: ${branch}`,
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
    `Contact: <sip:b@${from};transport=${transport.toLowerCase()}>`,
    ...lines,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
