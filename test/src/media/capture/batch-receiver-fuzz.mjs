// Any datagrams, into rooms of any size, with runs, sources and arguments that mean nothing: has the batch receiver's code write
// nothing outside of what it was given, and tell of nothing that is not there. Prints how much it has tried. Arguments: the code, a
// seed, how many calls.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { socketHandles } from '../../../../dist/cluster/keeper/unread-socket.io.js';

const [file, seed, callsMax] = process.argv.slice(2);
const code = createRequire(import.meta.url)(resolve(file));
const guardBytes = 64;
const address = '127.0.0.1';

let state = Number(seed);
/** 0 to `below` - 1. */
function draw(below) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

async function bound() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 2 ** 20 });
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** Often the next packet of a run, near the wrap; otherwise anything. */
function datagram() {
  const bytes = Buffer.from(Array.from({ length: draw(10) === 0 ? draw(9_300) : draw(60) }, () => draw(256)));
  if (bytes.length < 12 || draw(4) === 0) return bytes;
  bytes[0] = 0x80;
  bytes[1] = draw(5) === 0 ? draw(256) : 0;
  bytes.writeUInt16BE((65_534 + draw(4)) & 0xffff, 2);
  bytes.writeUInt32BE(7, 8);
  return bytes;
}

/** Memory with a guard on both sides, which says whether the guard still stands. */
function guarded(bytes, fill) {
  const all = Buffer.alloc(bytes + 2 * guardBytes, fill);
  const isGuard = (byte) => byte === fill;
  const stands = () => all.subarray(0, guardBytes).every(isGuard) && all.subarray(-guardBytes).every(isGuard);
  return { room: all.subarray(guardBytes, guardBytes + bytes), stands };
}

function refuses(what, ...values) {
  try {
    code[what](...values);
  } catch {
    return;
  }
  throw new Error(`${what} took what means nothing`);
}

const receiver = code.create(64);
const sockets = await Promise.all(Array.from({ length: 6 }, bound));
const numbers = [];
for (const [index, socket] of sockets.entries())
  numbers.push(code.add(receiver, socketHandles.take(socket), index % 2 === 0 ? -1 : numbers[index - 1]));
const peer = await bound();
// Four rows, and a part of one.
const runs = new Uint32Array(6 * 4 + 3);
const summary = new Int32Array(5);
const tried = { calls: 0, passed: 0, heard: 0 };

function receiveOnce() {
  for (let row = 0; row < 4; row += 1) runs.set([row, draw(2), 7, (65_534 + draw(4)) & 0xffff], 6 * row);
  const body = guarded(draw(4) === 0 ? draw(70_000) : 65_548 + draw(90_000), 0xa5);
  const heard = guarded(draw(8) === 0 ? draw(65_536) : 65_536 + draw(90_000), 0x5a);
  const table = new Int32Array(draw(400));
  const hasBody = draw(6) !== 0;
  const at = draw(Math.min(body.room.length, 3_000) + 1);
  const only =
    draw(3) === 0 ? Int32Array.from({ length: draw(4) }, () => draw(14) - 2) : draw(2) === 0 ? null : undefined;
  const openForUs = draw(2) === 0 ? -1 : draw(2 ** 31) * 8;
  code.receive(receiver, only, hasBody ? body.room : undefined, at, openForUs, runs, heard.room, table, summary);
  const [passed, end, , rows] = summary;
  if (!body.stands() || !heard.stands()) throw new Error('written outside of the room there was');
  let [records, behind] = [0, at];
  for (; behind < end; records += 1) behind += 12 + body.room.readUIntBE(behind + 1, 3);
  if (records !== passed || behind !== end || (!hasBody && passed > 0)) throw new Error('records are not whole');
  if (4 * rows > table.length) throw new Error('more rows than the table has');
  for (let row = 0; row < rows; row += 1) {
    const [, start, length] = table.subarray(4 * row);
    if (start + Math.max(0, length) > heard.room.length) throw new Error('heard beyond the room');
    code.sourceOf(receiver, row);
  }
  tried.calls += 1;
  tried.passed += passed;
  tried.heard += rows;
  refuses('receive', receiver, only, body.room, body.room.length + 1, -1, runs, heard.room, table, summary);
  refuses('receive', receiver, only, body.room, -1, -1, runs, heard.room, table, summary);
  refuses('receive', receiver, only, body.room, 0, -1, table, heard.room, table, summary);
}

while (tried.calls < Number(callsMax)) {
  for (let count = draw(40); count > 0; count -= 1) {
    const port = sockets[draw(6)].address().port;
    await new Promise((sent) => peer.send(datagram(), port, address, sent));
  }
  code.expect(receiver, draw(20) === 0 ? draw(2_000) : numbers[draw(6)], address, peer.address().port, draw(8) - 2);
  code.expect(receiver, draw(6), 'nowhere', draw(2 ** 20), draw(8) - 2);
  receiveOnce();
  if (draw(50) > 0) continue;
  const index = draw(6);
  code.remove(receiver, numbers[index]);
  socketHandles.give(sockets[index]);
  numbers[index] = code.add(receiver, socketHandles.take(sockets[index]), draw(600) - 1);
}
refuses('remove', receiver, 9_999);
refuses('sourceOf', receiver, 64);
refuses('receive', receiver);
for (const socket of [...sockets, peer]) socket.close();
process.stdout.write(JSON.stringify(tried));
