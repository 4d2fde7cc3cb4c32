// A scripted SIP user agent over UDP: says exactly what the test wants, answers nothing by itself, remembers what it heard.
// Its own small parser knows nothing of the project's, so that a fault of ours cannot hide itself.

import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

/** What the peer heard. */
export interface Heard {
  readonly startLine: string;
  /** Header lines as they came, in order. */
  readonly lines: readonly string[];
  readonly body: string;
  readonly from: RemoteInfo;
}

export interface Peer {
  readonly port: number;
  send(text: string, toPort: number): void;
  /** The next message not taken yet; rejects after five seconds. */
  next(): Promise<Heard>;
  /** Everything heard so far. */
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

const waitMsMax = 5_000;

export async function openPeer(): Promise<Peer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: Heard[] = [];
  let taken = 0;
  let wake: (() => void) | undefined;
  socket.on('message', (bytes, from) => {
    heard.push({ ...read(bytes.toString('utf8')), from });
    wake?.();
  });
  return {
    port: socket.address().port,
    heard,
    send: (text, toPort) => socket.send(text, toPort, '127.0.0.1'),
    async next() {
      if (heard.length <= taken)
        await waitFor((resolve) => {
          wake = resolve;
        });
      const one = heard[taken]!;
      taken += 1;
      return one;
    },
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** The value of a header line, by its name as written. */
export function field(message: { readonly lines: readonly string[] }, name: string): string {
  const line = message.lines.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line?.slice(name.length + 1).trim() ?? '';
}

/** The tag of a From or To line. */
export function tagIn(value: string): string {
  return /;tag=([^;]+)/.exec(value)?.[1] ?? '';
}

/** `INVITE: Via From To …`: start line and header names, for comparing order. */
export function shapeOf(message: { readonly startLine: string; readonly lines: readonly string[] }): string {
  const start = message.startLine.replace(/ sip:\S+ SIP\/2\.0$/, '').replace(/^SIP\/2\.0 /, '');
  return `${start}: ${message.lines.map((line) => line.slice(0, line.indexOf(':'))).join(' ')}`;
}

function read(text: string): { startLine: string; lines: string[]; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
  return { startLine, lines, body: text.slice(end + 4) };
}

async function waitFor(begin: (resolve: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the peer heard nothing for ${waitMsMax} ms`)), waitMsMax);
  });
  await Promise.race([new Promise<void>(begin), late]).finally(() => clearTimeout(timer));
}
