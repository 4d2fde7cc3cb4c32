// A scripted SIP user agent over UDP: says exactly what the test wants, answers nothing by itself, remembers what it heard.
// Its own small parser knows nothing of the project's, so that a fault of ours cannot hide itself.

import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { hangMsMax } from '../../harness/processes.ts';

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
  /** Where it is reached, `host:port`. */
  readonly at: string;
  send(text: string, toPort: number): void;
  /** The next message not taken yet, but for 100: whether one comes is a question of time. Rejects when none comes. */
  next(): Promise<Heard>;
  /** Everything heard so far. */
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

/** A peer that talks to the server at `host`. */
export async function openPeer({ host }: { readonly host: string } = { host: '127.0.0.1' }): Promise<Peer> {
  const address = await ownAddress(host);
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const inbox = new Inbox();
  socket.on('message', (bytes, from) => inbox.put({ ...read(bytes.toString('utf8')), from }));
  return {
    port: socket.address().port,
    at: `${address}:${socket.address().port}`,
    heard: inbox.heard,
    send: (text, toPort) => socket.send(text, toPort, host),
    next: () => inbox.next(),
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** The same over a TCP connection to the server, which is made at once. */
export async function connectPeer({ host, sipPort: port }: { host: string; sipPort: number }): Promise<Peer> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  const from = { address: host, family: 'IPv4' as const, port, size: 0 };
  const inbox = new Inbox();
  let pending = '';
  socket.on('data', (bytes) => {
    pending += bytes.toString('latin1');
    for (;;) {
      const head = pending.indexOf('\r\n\r\n') + 4;
      const end = head + Number(/\nContent-Length: (\d+)/.exec(pending.slice(0, head))?.[1]);
      if (head < 4 || pending.length < end) break;
      inbox.put({ ...read(Buffer.from(pending.slice(0, end), 'latin1').toString('utf8')), from });
      pending = pending.slice(end);
    }
  });
  return {
    port: socket.localPort ?? 0,
    at: `${socket.localAddress}:${socket.localPort}`,
    heard: inbox.heard,
    send: (text) => void socket.write(text),
    next: () => inbox.next(),
    async close() {
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}

/** Whether it says nothing but that an INVITE has come. */
export function isTrying({ startLine }: Pick<Heard, 'startLine'>): boolean {
  return startLine === 'SIP/2.0 100 Trying';
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

/** The address of ours that a host sees. */
async function ownAddress(host: string): Promise<string> {
  const socket = createSocket('udp4');
  socket.connect(9, host);
  await once(socket, 'connect');
  const { address } = socket.address();
  socket.close();
  return address;
}

class Inbox {
  readonly heard: Heard[] = [];
  #taken = 0;
  #wake: (() => void) | undefined;

  put(one: Heard): void {
    this.heard.push(one);
    this.#wake?.();
  }

  async next(): Promise<Heard> {
    for (;;) {
      if (this.heard.length <= this.#taken)
        await waitFor((resolve) => {
          this.#wake = resolve;
        });
      const one = this.heard[this.#taken]!;
      this.#taken += 1;
      if (!isTrying(one)) return one;
    }
  }
}

function read(text: string): { startLine: string; lines: string[]; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
  return { startLine, lines, body: text.slice(end + 4) };
}

async function waitFor(begin: (resolve: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the peer heard nothing for ${hangMsMax} ms`)), hangMsMax);
  });
  await Promise.race([new Promise<void>(begin), late]).finally(() => clearTimeout(timer));
}
