// Free ports for children that cannot be told "port 0" and asked afterwards. The port is free when handed out; nobody
// holds it until the child binds it, so ask right before starting the child.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 nobody listens on. */
export async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The first of `count` successive UDP ports of 127.0.0.1 that are all free; the first one is even, as RTP wants it. */
export async function freeUdpPorts(count = 1): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const drawn = await bindUdp(0);
    if (!drawn) continue;
    const first = drawn.port & ~1;
    await drawn.release();
    if (first + count <= 65_535 && (await areFree(first, count))) return first;
  }
  throw new Error(`no ${count} successive free UDP ports on 127.0.0.1 in 200 attempts`);
}

/** Whether nobody holds this UDP port of 127.0.0.1. */
export async function isUdpPortFree(port: number): Promise<boolean> {
  return areFree(port, 1);
}

async function areFree(first: number, count: number): Promise<boolean> {
  const held = await Promise.all(Array.from({ length: count }, (_, index) => bindUdp(first + index)));
  await Promise.all(held.map((one) => one?.release()));
  return held.every((one) => one !== undefined);
}

async function bindUdp(port: number): Promise<{ port: number; release: () => Promise<void> } | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
  } catch {
    socket.close();
    return undefined;
  }
  const release = async () => {
    socket.close();
    await once(socket, 'close');
  };
  return { port: socket.address().port, release };
}
