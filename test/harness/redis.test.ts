import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startRedis } from './redis.ts';

it('starts a Redis of its own, keeps its data over a crash, and leaves nothing behind', async () => {
  const server = await startRedis();
  const client = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => {});
  await client.set('kept', 'yes');
  await server.crash();
  await server.restart();
  expect(await client.get('kept')).toBe('yes');
  client.disconnect();
  await server.stop();
  expect(existsSync(server.folder)).toBe(false);
});
