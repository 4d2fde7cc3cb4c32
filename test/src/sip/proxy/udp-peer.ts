// A SIP peer of a test on a UDP socket of its own: says what it is told to, byte for byte, and keeps what it hears.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { headerValue, headerValues, parseMessage, type SipMessage, type SipRequest, type SipResponse } from '#src/sip';
import { until } from '../../../harness/processes.ts';

export interface UdpPeer {
  readonly port: number;
  readonly heard: SipMessage[];
  /** Waits for a request by its method. */
  request(method: string, count?: number): Promise<SipRequest>;
  /** Waits for a response with this status. */
  response(status: number, count?: number): Promise<SipResponse>;
  say(text: string, port: number): void;
  /** Answers a request. */
  answer(request: SipRequest, status: number, lines?: readonly string[]): void;
}

export async function udpPeer(): Promise<UdpPeer> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const heard: SipMessage[] = [];
  let from = 0;
  socket.on('message', (bytes, { port }) => {
    heard.push(parseMessage(bytes));
    from = port;
  });
  const { port } = socket.address();
  const say = (text: string, to: number) => socket.send(text.replaceAll('\n', '\r\n'), to, '127.0.0.1');
  return {
    port,
    heard,
    request: (method, count = 1) =>
      until(`${count} ${method}`, () =>
        heard.filter((one): one is SipRequest => one.type === 'request' && one.method === method).at(count - 1),
      ),
    response: (status, count = 1) =>
      until(`${count} responses ${status}`, () =>
        heard.filter((one): one is SipResponse => one.type === 'response' && one.status === status).at(count - 1),
      ),
    say,
    answer(request, status, lines = []) {
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
        headerValues(request.headers, name).map((value) => `${name}: ${value}`),
      );
      const to = `To: ${headerValue(request.headers, 'To')}${status > 100 ? `;tag=${port}` : ''}`;
      say([`SIP/2.0 ${status} Word`, ...copied, to, ...lines, 'Content-Length: 0', '', ''].join('\n'), from);
    },
  };
}

/** A request of a caller at `port`. `number` tells its transaction from others. */
export function requestOf(
  method: string,
  uri: string,
  {
    port,
    number = 1,
    toTag = '',
    lines = [],
  }: { port: number; number?: number; toTag?: string; lines?: readonly string[] },
): string {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-${port}-${number}`,
    'Max-Forwards: 70',
    `From: <sip:Genesys@127.0.0.1:${port}>;tag=caller`,
    `To: <sip:recorder>${toTag}`,
    `Call-ID: call-${port}`,
    `CSeq: ${number} ${method}`,
    `Contact: <sip:Genesys@127.0.0.1:${port}>`,
    ...lines,
    'Content-Length: 0',
    '',
    '',
  ].join('\n');
}
