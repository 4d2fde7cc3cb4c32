// Somebody who is no party of a call and sends to its ports: packets that look like the next ones of the peer, told apart from
// them by nothing but where they come from. Knows the ports, as one can who listens or guesses.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { MsrCall } from '#ops/lab/msr-source';
import { buildRtp, parseRtp } from '#src/media';
import { systemClock } from '#src/ports';

const words = Buffer.alloc(160, 'stranger');
/** On loopback any address of 127/8 can be sent from. */
const addresses = ['127.0.0.1', '127.0.0.2'] as const;
const everyMs = 4;

/** Sends to each stream of the calls, taking turns between its addresses; resolves with the number of packets. */
export async function inject(calls: readonly MsrCall[], packetsPerStream: number): Promise<number> {
  const streams = calls.flatMap((call) =>
    call.parties.flatMap(({ ssrc, stream }) => (stream ? [{ ssrc, stream }] : [])),
  );
  const sockets = addresses.map(() => createSocket('udp4'));
  for (const [index, socket] of sockets.entries()) {
    socket.bind(0, addresses[index]);
    await once(socket, 'listening');
  }
  for (let sent = 0; sent < packetsPerStream; sent += 1) {
    for (const { ssrc, stream } of streams) {
      const { sequence, timestamp } = stream.ledger.last!;
      const next = { sequence: (sequence + 1) & 0xffff, timestamp: (timestamp + 160) >>> 0 };
      const fields = { payloadType: 0, marker: false, ssrc, ...next };
      const { address, port } = stream.target;
      sockets[sent % sockets.length]!.send(buildRtp(fields, words), port, address);
    }
    await new Promise<void>((resolve) => systemClock.after(everyMs, resolve));
  }
  for (const socket of sockets) await new Promise<void>((resolve) => socket.close(() => resolve()));
  return packetsPerStream * streams.length;
}

/** Whether a datagram is one of those. */
export function isStrangers(datagram: Buffer): boolean {
  const packet = parseRtp(datagram);
  return typeof packet !== 'string' && packet.payload.equals(words);
}
