// Listens in on an application's connection and writes down every frame in words that do not change from run to run: ids
// become t1, d1, ports become names, times and lengths are checked and left out.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { shapeOf } from './peer.ts';
import type { Server } from './server.ts';

export interface Tap {
  readonly port: number;
  /** What the application said, one line a frame. */
  readonly said: readonly string[];
  /** What it was told. */
  readonly told: readonly string[];
  /** The SIP messages it was told, byte for byte. */
  readonly messages: readonly Buffer[];
  /** Names a port in what is written down from now on. */
  name(port: number, as: string): void;
  /** Says something in the application's place. */
  say(payload: string): void;
  /** Cuts the application off, as its end would. */
  cut(): void;
  close(): Promise<void>;
}

export async function openTap({ host, applicationPort: port }: Pick<Server, 'host' | 'applicationPort'>): Promise<Tap> {
  const sockets = new Set<Socket>();
  /** Those of them that lead to the server. */
  const servers = new Set<Socket>();
  const writer = new Writer();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port, noDelay: true });
    servers.add(far);
    far.on('close', () => servers.delete(far));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    relay(near, far, (payload) => writer.said(payload));
    relay(far, near, (payload) => writer.told(payload));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    said: writer.saidLines,
    told: writer.toldLines,
    messages: writer.messages,
    name: (port, as) => writer.ports.set(String(port), as),
    say: (payload) => {
      writer.said(Buffer.from(payload));
      for (const far of servers) far.write(`${Buffer.byteLength(payload)}#${payload}`);
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Passes bytes on as they come and shows whole payloads. */
function relay(from: Socket, to: Socket, show: (payload: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  from.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const hash = pending.indexOf('#');
      const end = hash + 1 + Number(pending.subarray(0, hash).toString());
      if (hash < 1 || !(end <= pending.length)) break;
      show(pending.subarray(hash + 1, end));
      pending = pending.subarray(end);
    }
    to.write(chunk);
  });
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
}

class Writer {
  readonly saidLines: string[] = [];
  readonly toldLines: string[] = [];
  readonly messages: Buffer[] = [];
  readonly ports = new Map<string, string>();
  readonly #commands = new Map<string, string>();
  readonly #ids = { t: new Map<string, string>(), d: new Map<string, string>() };

  said(payload: Buffer): void {
    const { fields, message } = split(payload);
    const [id = '', type = '', ...rest] = fields;
    const line =
      type === 'sip'
        ? `${this.#id('t', rest[0] ?? '')} ${this.#id('d', rest[1] ?? '')} ${startOf(message)}`
        : type === 'authenticate'
          ? `authenticate ${rest[1] || '-'}`
          : [type, ...rest].join(' ');
    this.#commands.set(id, line);
    this.saidLines.push(line);
  }

  told(payload: Buffer): void {
    const { fields, message } = split(payload);
    const [, type, ...rest] = fields;
    if (message) this.messages.push(message);
    if (type === 'response') this.toldLines.push(this.#reply(rest, message));
    else this.toldLines.push(`${this.#event(rest, message)}`);
  }

  #reply([command = '', outcome, ...fields]: string[], message: Buffer | undefined): string {
    const label = this.#commands.get(command) ?? command;
    if (!message) return `[${label}] ${[outcome, ...fields.map((one) => this.#place(one))].join(' ')}`;
    const [source, bytes, protocol, address, port, time, transaction = '', ...rest] = fields;
    // A response carries the dialog and an empty field, a request neither.
    const dialog = rest[0] === 'Msg sent:' ? '' : ` ${this.#id('d', rest[0] ?? '')}`;
    const end = dialog === '' ? rest : rest.slice(2);
    const odd = end.join('|') === 'Msg sent:|' ? '' : ` ends with ${end.join('|')}`;
    // What went nowhere has no length.
    const checks = check(address === '' && bytes === '0' ? String(message.length) : bytes, time, message) + odd;
    return `[${label}] ${outcome} ${source} ${protocol || '-'} ${this.#at(address, port)} ${this.#id('t', transaction)}${dialog} ${shape(message)}${checks}`;
  }

  #event(fields: string[], message: Buffer | undefined): string {
    const [source, bytes, protocol, address, port, time, transaction = '', dialog = '', ...rest] = fields;
    const on = rest.length > 1 ? ` on ${this.#at(rest[0], rest[1])}` : '';
    // drachtio-server gives the length of the INVITE with a CANCEL, and 0 with a response that came from nobody.
    const isUncounted = address === '' || (message !== undefined && startOf(message) === 'CANCEL');
    const checks = message ? check(isUncounted ? String(message.length) : bytes, time, message) : '';
    return `${source} ${protocol || '-'} ${this.#at(address, port)}${on} ${this.#id('t', transaction)} ${this.#id('d', dialog)} ${startOf(message)}${checks}`;
  }

  #id(kind: 't' | 'd', id: string): string {
    if (id === '') return '-';
    if (id === 'unsolicited') return id;
    const known = this.#ids[kind];
    const name = known.get(id) ?? `${kind}${known.size + 1}`;
    known.set(id, name);
    return name;
  }

  #at(address = '', port = ''): string {
    return address === '' ? 'nobody' : (this.ports.get(port) ?? `${address}:${port}`);
  }

  #place(text: string): string {
    return text.replace(/(udp|tcp|tls)\/[\d.]+:(\d+)/g, (_, protocol, port) => `${protocol}/${this.#at('-', port)}`);
  }
}

function split(payload: Buffer): { fields: string[]; message: Buffer | undefined } {
  const end = payload.indexOf('\r');
  const leader = payload.toString('latin1', 0, end < 0 ? payload.length : end);
  return { fields: leader.split('|'), message: end < 0 ? undefined : payload.subarray(end + 2) };
}

function startOf(message: Buffer | undefined): string {
  const line = message?.toString('latin1').split('\r\n', 1)[0] ?? '';
  return line.startsWith('SIP/2.0') ? line.slice(8) : (line.split(' ')[0] ?? '');
}

function shape(message: Buffer): string {
  const [startLine = '', ...lines] = (message.toString('latin1').split('\r\n\r\n', 1)[0] ?? '').split('\r\n');
  return shapeOf({ startLine, lines });
}

function check(bytes: string | undefined, time: string | undefined, message: Buffer): string {
  const length = Number(bytes) === message.length ? '' : ` (${bytes} bytes, but ${message.length})`;
  return /^\d\d:\d\d:\d\d\.\d{6}$/.test(time ?? '') ? length : `${length} (time ${time})`;
}
