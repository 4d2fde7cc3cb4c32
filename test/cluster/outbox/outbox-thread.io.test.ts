// An outbox in a thread of its own: a real thread, a real Redis, a journal on disk.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { OutboxThread, writeFact } from '#cluster/outbox';
import { connectRedis, coupleKey } from '#cluster/redis';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { startRedis } from '../../harness/redis.ts';
import { couple } from './facts.ts';

const module = resolve('dist/cluster/processes/outbox.js');
const log = { warn() {}, error() {} };

function placed(url: string) {
  const folder = temporaryFolder('outbox');
  onTestFinished(() => folder.remove());
  const telling = { node: 'n1', process: 'core', bytesMax: 2 ** 20, redisPlace: { url }, commandTimeoutMs: 500 };
  const open = (onFailure: (why: string) => void = expect.fail) =>
    OutboxThread.open({ ...telling, folder: folder.path, ...journalKeys }, { log, onFailure, module });
  return { folder: folder.path, open };
}

it('R-HA-6: what was kept in the thread is told, by the next one where Redis was away; its writer is the same', async () => {
  const server = await startRedis({ appendonly: 'no' });
  onTestFinished(() => server.stop());
  const { open } = placed(server.url);
  await server.crash();
  const first = await open();
  const kept: string[] = [];
  first.tellWritten([writeFact(couple('a'))], () => kept.push('a'));
  first.tellWritten([writeFact(couple('b')), writeFact(couple('c'))], () => kept.push('b'));
  expect([kept, first.untold]).toEqual([[], 3]);
  await until('both to be kept', () => kept.length === 2);
  expect([kept, first.untold]).toEqual([['a', 'b'], 3]);
  first.tellWritten([writeFact(couple('d'))], () => kept.push('d'));
  await first.close();
  expect(kept).toEqual(['a', 'b', 'd']);

  await server.restart();
  const second = await open();
  onTestFinished(() => second.close());
  const redis = connectRedis({ url: server.url, commandTimeoutMs: 500, log });
  onTestFinished(() => redis.disconnect());
  await until('all to be told', () => second.untold === 0 && redis.status === 'ready');
  const texts = await Promise.all(['a', 'b', 'c', 'd'].map((sid) => redis.get(coupleKey('acme', sid))));
  expect(texts).toEqual(['a', 'b', 'c', 'd'].map((sid) => writeFact(couple(sid)).text));
  expect(second.heads).toMatchObject({ writer: first.heads.writer });
  expect(second.heads.heads.reduce((sum, head) => sum + head, 0)).toBe(4);
});

it('R-HA-6: an outbox that cannot write its journal says why; a thread that ends by itself is a failure of its process', async () => {
  const { folder, open } = placed('redis://127.0.0.1:1');
  writeFileSync(join(folder, 'file'), '');
  const telling = { node: 'n1', process: 'core', bytesMax: 2 ** 20, commandTimeoutMs: 500 };
  const place = { redisPlace: { url: 'redis://127.0.0.1:1' }, folder: join(folder, 'file', 'below'), ...journalKeys };
  const refused = OutboxThread.open({ ...telling, ...place }, { log, onFailure: () => expect.fail(), module });
  await expect(refused).rejects.toThrow('ENOTDIR');

  const why: string[] = [];
  const outbox = await open((one) => void why.push(one));
  outbox.tellWritten([null as never], () => {});
  await until('the failure', () => why.length === 1);
  expect(why[0]).toMatch(/^the outbox ended: /);
});
