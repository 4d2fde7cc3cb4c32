// Has the batch receiver's code read datagrams of all sizes into a small buffer, and many in one go, and prints what it gave.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { socketHandles } from '../../../../dist/cluster/keeper/unread-socket.io.js';

const code = createRequire(import.meta.url)(resolve('dist/native/batch-receiver.node'));
// Room for one of the largest, and a little more: what else has come waits for the next call.
const heard = Buffer.alloc(65_536 + 200);
const runs = new Uint32Array(6 * 8);
const summary = new Int32Array(5);
// What is larger than any packet of audio does not come.
const sizes = [0, 1, 172, 9_216, 172, 172, 172, 9_217, 65_000];
// Whether the stream expects what comes next.
const expected = [false, true, true, true, true, false, true, true, true];

async function bound(address) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

async function readAt(address) {
  const receiver = code.create(3);
  const [socket, peer] = [await bound(address), await bound(address)];
  const number = code.add(receiver, socketHandles.take(socket), -1);
  const found = { address, lengths: [], streams: [], whole: true, afterwards: '' };
  const table = new Int32Array(4 * 3);
  for (const [index, size] of sizes.entries()) {
    code.expect(receiver, number, address, peer.address().port, expected[index] ? 7 : -1);
    await new Promise((sent) => peer.send(Buffer.alloc(size, index), socket.address().port, address, sent));
    // Two wait at times, so that some do not fit.
    if (index === 2) continue;
    for (;;) {
      code.receive(receiver, undefined, undefined, 0, -1, runs, heard, table, summary);
      const [, , , count] = summary;
      if (count === 0) break;
      for (let row = 0; row < count; row += 1) {
        const [stream, at, length] = table.subarray(4 * row);
        found.lengths.push(length);
        found.streams.push(stream < 0 ? -1 : stream);
        const bytes = heard.subarray(at, at + length);
        const [from, port] = code.sourceOf(receiver, row);
        const filler = sizes.indexOf(length) < 4 && length !== 172 ? sizes.indexOf(length) : undefined;
        found.whole &&= from === address && port === peer.address().port;
        found.whole &&= filler === undefined || bytes.every((byte) => byte === filler);
      }
    }
  }
  code.remove(receiver, number);
  socketHandles.give(socket);
  const message = once(socket, 'message');
  peer.send('given back', socket.address().port, address);
  found.afterwards = String((await message)[0]);
  socket.close();
  peer.close();
  return found;
}

/** How many of the datagrams that wait in two sockets, many in one of them, one call gives. */
async function readAtOnce(many) {
  const receiver = code.create(1_000);
  const [crowded, quiet, peer] = [await bound('127.0.0.1'), await bound('127.0.0.1'), await bound('127.0.0.1')];
  const numbers = [crowded, quiet].map((socket) => code.add(receiver, socketHandles.take(socket), -1));
  for (let index = 0; index < many; index += 1)
    await new Promise((sent) => peer.send(Buffer.alloc(1), crowded.address().port, '127.0.0.1', sent));
  await new Promise((sent) => peer.send(Buffer.alloc(1), quiet.address().port, '127.0.0.1', sent));
  code.receive(receiver, undefined, undefined, 0, -1, runs, heard, new Int32Array(4 * 1_000), summary);
  for (const number of numbers) code.remove(receiver, number);
  for (const socket of [crowded, quiet]) socketHandles.give(socket);
  for (const socket of [crowded, quiet, peer]) socket.close();
  return summary[3];
}

const read = [await readAt('127.0.0.1'), await readAt('::1')];
process.stdout.write(JSON.stringify({ read, atOnce: await readAtOnce(200) }));
