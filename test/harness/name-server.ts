// A name server on loopback (RFC 1035 over UDP): knows the A and AAAA records it is given and counts who asks.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A record: an IPv4 or IPv6 address and for how long it holds. */
export interface NameRecord {
  readonly address: string;
  readonly ttlSeconds: number;
}

export interface NameServer {
  /** `address:port`, as Node's resolver takes it. */
  readonly at: string;
  /** Every question so far, `name A` or `name AAAA`. */
  readonly asked: readonly string[];
  /** From now on; by names in lower case. Names that are not here do not exist. */
  records: Readonly<Record<string, readonly NameRecord[]>>;
  /** From now on: hears and says nothing. */
  silent: boolean;
  close(): Promise<void>;
}

export async function openNameServer(records: NameServer['records']): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const asked: string[] = [];
  const server: NameServer = {
    at: `127.0.0.1:${socket.address().port}`,
    asked,
    records,
    silent: false,
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
  socket.on('message', (query, from) => {
    const { name, type, end } = questionIn(query);
    asked.push(`${name} ${type === 28 ? 'AAAA' : type === 1 ? 'A' : type}`);
    if (!server.silent) socket.send(answerTo(query, end, type, server.records[name]), from.port, from.address);
  });
  return server;
}

/**
 *   id (2) | flags (2) | questions (2) | answers (2) | authorities (2) | additional (2) | name, type (2), class (2) | …
 */
function questionIn(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(query: Buffer, end: number, type: number, records: readonly NameRecord[] | undefined): Buffer {
  const fitting = (records ?? []).filter(({ address }) => type === (address.includes(':') ? 28 : 1));
  const head = Buffer.from(query.subarray(0, end));
  // An answer, recursion available; 3: no such name.
  head.writeUInt16BE(0x8180 | (records ? 0 : 3), 2);
  head.writeUInt16BE(fitting.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...fitting.map((record) => recordOf(record, type))]);
}

/** pointer to the name (2) | type (2) | class (2) | time to live (4) | length (2) | address */
function recordOf({ address, ttlSeconds }: NameRecord, type: number): Buffer {
  const data = type === 1 ? Buffer.from(address.split('.').map(Number)) : groupsOf(address);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}

/** An IPv6 address with at most one `::`. */
function groupsOf(address: string): Buffer {
  const [before = [], after] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = after ? Array.from({ length: 8 - before.length - after.length }, () => '0') : [];
  const bytes = Buffer.alloc(16);
  [...before, ...zeros, ...(after ?? [])].forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index);
  });
  return bytes;
}
