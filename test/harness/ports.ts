// Free ports for children that cannot be told "port 0" and asked afterwards. Nobody holds the port until the child binds it:
// so none is handed out twice, and none that the kernel might give meanwhile to somebody who asked for port 0.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux gives to those who ask for port 0 (32,768 and above), and below what a node has for RTP by default. */
const portMin = 10_000;
const portMax = 19_999;
const attemptsMax = 2_000;
// Each process that runs tests begins elsewhere: by the prime number, far from one that was started just before.
let nextPort = portMin + ((process.pid * 7_919) % (portMax - portMin));

/** A TCP port of 127.0.0.1 nobody listens on. */
export function freeTcpPort(): Promise<number> {
  return free('TCP', 1, isTcpPortFree);
}

/** The first of `count` successive UDP ports of 127.0.0.1 that are all free; the first one is even, as RTP wants it. */
export function freeUdpPorts(count = 1): Promise<number> {
  return free('UDP', count, (first) => areFree(first, count));
}

async function free(kind: string, count: number, holds: (first: number) => Promise<boolean>): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const first = taken(count);
    if (await holds(first)) return first;
  }
  throw new Error(`no ${count} successive free ${kind} ports on 127.0.0.1 in ${attemptsMax} attempts`);
}

/** The first of `count` successive ports that nobody else in this process gets before all others have had their turn. */
function taken(count: number): number {
  let first = nextPort + (nextPort % 2);
  if (first + count > portMax) first = portMin;
  nextPort = first + count;
  return first;
}

async function isTcpPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** Whether nobody holds this UDP port of 127.0.0.1. */
export async function isUdpPortFree(port: number): Promise<boolean> {
  return areFree(port, 1);
}

async function areFree(first: number, count: number): Promise<boolean> {
  const held = await Promise.all(Array.from({ length: count }, (_, index) => bindUdp(first + index)));
  await Promise.all(held.map((release) => release?.()));
  return held.every((release) => release !== undefined);
}

/** Gives what releases the port again. */
async function bindUdp(port: number): Promise<(() => Promise<void>) | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
  } catch {
    socket.close();
    return undefined;
  }
  return async () => {
    socket.close();
    await once(socket, 'close');
  };
}
