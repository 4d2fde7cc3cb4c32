// Three cores in this process, between a Redis and a telephony server, share out its DNs.

import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { startCore } from '#cluster/core';
import { drain } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import { layoutOf, parseConfig } from '#src/config';
import { listOf, TLibServer } from '#src/cti';
import { placeJournalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { startRedis } from '../../harness/redis.ts';

const dns = Array.from({ length: 24 }, (_, index) => `${7_000 + index}`);

it('R-SHD-1, R-SHD-2, R-HA-5: each DN is watched by two of three cores; one that is drained lets go of none before another watches it', async () => {
  const folder = temporaryFolder('cores');
  onTestFinished(() => folder.remove());
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const server = await TLibServer.listen({
    host: '127.0.0.1',
    port: 0,
    handler: {
      request(request, client) {
        const { ThisDN } = request.attributes as { ThisDN?: string };
        if (request.message === 'RequestQueryAddress')
          client.answer(request, 'EventAddressInfo', { ThisDN, Extensions: listOf({ AgentStatus: 2 }) });
        else client.acknowledge(request);
      },
    },
  });
  onTestFinished(() => server.close());
  const begin = async (node: string) => {
    const switches = [{ name: 'Main', servers: [`127.0.0.1:${server.endpoint.port}`], dns }];
    const text = stringify({
      node,
      dataDir: join(folder.path, node),
      redis: { beatMs: 250 },
      shards: { dnsPerShardMax: 3, leaseMs: 300 },
      core: { linkPort: 0, tenants: [{ name: 'acme', clientIdentification: node, switches }] },
    });
    const config = parseConfig(text, node);
    const layout = layoutOf(config);
    placeJournalKeys(layout.keysDir);
    const core = await startCore({
      config,
      layout,
      redisPlace: { url: redis.url },
      log: pino({ level: 'silent' }),
      onFailure: () => {},
    });
    onTestFinished(() => core.stop());
  };
  const watching = (node: string) => new Set(server.clients.find(({ name }) => name === node)?.dns);
  const watchersOf = (dn: string) => ['a', 'b', 'c'].filter((node) => watching(node).has(dn)).length;
  await Promise.all(['a', 'b', 'c'].map(begin));
  const hasShare = (node: string) => watching(node).size > 0 && watching(node).size < dns.length;
  await until(
    'all to have their share',
    () => ['a', 'b', 'c'].every(hasShare) && dns.every((dn) => watchersOf(dn) === 2),
  );

  const asked = connectRedis({ url: redis.url, commandTimeoutMs: 500, log: { warn: () => {} } });
  onTestFinished(() => asked.disconnect());
  await until('the connection', () => asked.status === 'ready');
  await drain(asked, 'a', 'draining');
  let fewest = 2;
  await until('the others to watch everything', () => {
    fewest = Math.min(fewest, ...dns.map(watchersOf));
    return watching('a').size === 0;
  });
  expect(fewest).toBe(2);
  expect([watching('b').size, watching('c').size]).toEqual([dns.length, dns.length]);
});
