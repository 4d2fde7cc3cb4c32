// Plays two files of raw payload at once, as SIPp cannot: it knows the address of the first audio m-line only. Started by
// the scenario msr-single.xml, in SIPp's folder; plain JavaScript because SIPp starts it through a shell.
//   node rtp-player.mjs <payload type> <from port> <from port> <address> <port> <file> <port> <file>
// 160 bytes every 20 ms, which is G.711 and G.722 alike.

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';

const payloadBytes = 160;
const packetMs = 20;
const [payloadType, firstPort, secondPort, address, ...targets] = process.argv.slice(2);

const streams = [Number(firstPort), Number(secondPort)].map((fromPort, index) => ({
  socket: createSocket('udp4').bind(fromPort),
  port: Number(targets[2 * index]),
  audio: readFileSync(targets[2 * index + 1]),
  ssrc: 0x5150_0000 + fromPort,
}));
const packets = Math.max(...streams.map(({ audio }) => Math.floor(audio.length / payloadBytes)));
const startedMs = performance.now();

function sendDue(sent) {
  const due = Math.min(packets, Math.floor((performance.now() - startedMs) / packetMs) + 1);
  for (let index = sent; index < due; index += 1) for (const stream of streams) send(stream, index);
  if (due < packets) setTimeout(sendDue, packetMs / 2, due);
  else for (const { socket } of streams) setTimeout(() => socket.close(), packetMs);
}

function send({ socket, port, audio, ssrc }, index) {
  const payload = audio.subarray(index * payloadBytes, (index + 1) * payloadBytes);
  if (payload.length < payloadBytes) return;
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = Number(payloadType) | (index === 0 ? 0x80 : 0);
  header.writeUInt16BE(index & 0xffff, 2);
  header.writeUInt32BE(index * payloadBytes, 4);
  header.writeUInt32BE(ssrc, 8);
  socket.send([header, payload], port, address);
}

sendDue(0);
