// The largest datagrams there are, in bursts, at ports for which some are too many.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '#src/ports';
import type { Figures } from './drill.ts';
import type { Place } from './packet-flood.io.ts';

/** The most that IPv4 carries in one datagram. */
const datagramBytes = 65_507;
const burst = 16;
const burstEveryMs = 200;

/** Bursts of 64 KiB to RTP ports and to the port of SIP: half of them noise, half requests that are slow to read. */
export async function floodWithDatagrams(sip: Place, rtp: readonly Place[], forMs: number): Promise<Figures> {
  const socket = createSocket({ type: 'udp4', sendBufferSize: 4 * 2 ** 20 });
  socket.bind(0, '127.0.0.3');
  await once(socket, 'listening');
  const noise = Buffer.alloc(datagramBytes, 0x80);
  const request = slowRequest(sip);
  const untilMs = systemClock.monotonicMs() + forMs;
  let sent = 0;
  while (systemClock.monotonicMs() < untilMs) {
    for (const { address, port } of [sip, ...rtp]) {
      for (let index = 0; index < burst; index += 1) socket.send(index % 2 ? noise : request, port, address);
      sent += burst;
    }
    await new Promise<void>((wake) => void systemClock.after(burstEveryMs, wake));
  }
  await new Promise<void>((closed) => void socket.close(() => closed()));
  return { floodDatagrams: sent };
}

/** An INVITE that is whole, with blanks where simple patterns try each of them against all others. */
function slowRequest({ address, port }: Place): Buffer {
  const head = [
    `INVITE sip:${address}:${port} SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.3:9;branch=z9hG4bKslow',
    'Contact: <sip:slow@127.0.0.3>',
    'From: <sip:slow@127.0.0.3>;tag=slow',
    'Call-ID: slow',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `To: <sip:${address}:${port}>`,
  ].join('\r\n');
  const tail = 'x\r\nContent-Length: 0\r\n\r\n';
  return Buffer.from(head + ' '.repeat(datagramBytes - head.length - tail.length) + tail);
}
