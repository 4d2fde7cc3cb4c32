// Ports that nobody uses at this moment, on loopback.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { systemRandom } from '#src/ports';

// Below those that the kernel gives to whoever asks for any: a process that was away finds its port free again.
const portMin = 10_000;
const portMax = 19_999;
const triesMax = 100;

/** A port free for TCP and UDP. Rejects with Error when many were tried in vain. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = portMin + Math.floor(systemRandom.fraction() * (portMax - portMin + 1));
    if ((await isTcpPortFree('127.0.0.1', port)) && (await isUdpPortFree('127.0.0.1', port))) return port;
  }
  throw new Error(`none of ${triesMax} ports between ${portMin} and ${portMax} was free`);
}

/** Whether a TCP port can be listened on. */
export function isTcpPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Whether a UDP port can be bound. */
export function isUdpPortFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}
