import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { watchLife } from '#cluster/links';
import { systemClock } from '#src/ports';

const servers: Server[] = [];
const accepted = new Set<Socket>();
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of accepted) socket.destroy();
});

async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => {
    accepted.add(socket);
    socket.on('error', () => {}).on('close', () => accepted.delete(socket));
    server.emit('accepted', socket);
  });
  servers.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const placeOf = (server: Server) => ({ host: '127.0.0.1', port: (server.address() as { port: number }).port });

describe('whether a node lives', () => {
  it('R-HA-1: it is gone when nobody listens', async () => {
    const server = await listen();
    const place = placeOf(server);
    server.close();
    await once(server, 'close');
    expect(await new Promise<boolean>((gone) => watchLife(place, systemClock, gone))).toBe(false);
  });

  it('R-HA-1: it lives while somebody listens, whoever closes what was accepted, and is gone when nobody does', async () => {
    const server = await listen();
    let isGone = false;
    const gone = new Promise<boolean>((resolve) => {
      watchLife(placeOf(server), systemClock, (hasStood) => {
        isGone = true;
        resolve(hasStood);
      });
    });
    for (const _ of [1, 2]) {
      const [socket] = (await once(server, 'accepted')) as [Socket];
      expect(isGone).toBe(false);
      socket.destroy();
    }
    const [socket] = (await once(server, 'accepted')) as [Socket];
    server.close();
    socket.destroy();
    expect(await gone).toBe(true);
  });

  it('R-HA-1: nobody is told once it is watched no more', async () => {
    const server = await listen();
    const watch = watchLife(placeOf(server), systemClock, () => {
      throw new Error('told all the same');
    });
    const [socket] = (await once(server, 'accepted')) as [Socket];
    watch.cancel();
    await once(socket.resume(), 'close');
  });
});
