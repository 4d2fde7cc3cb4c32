import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BullQueue } from '#cluster/jobs';
import { startProcess, temporaryFolder, until } from '../../harness/processes.ts';
import { startRedis } from '../../harness/redis.ts';

const program = resolve(import.meta.dirname, 'noting.cjs');
const worker = resolve(import.meta.dirname, 'worker.mjs');

interface Work {
  readonly path: string;
  readonly fails?: boolean;
}

async function stage() {
  const redis = await startRedis();
  const folder = temporaryFolder('jobs');
  onTestFinished(async () => {
    await redis.stop();
    folder.remove();
  });
  const queueOf = () => {
    const alarms: object[] = [];
    const log = { info() {}, warn() {}, error: (fields: object) => void alarms.push(fields) };
    const options = {
      name: 'test',
      redis: { url: redis.url, commandTimeoutMs: 2_000, log },
      attemptsMax: 2,
      lostMs: 1_000,
      log,
    };
    const queue = new BullQueue<Work>(options);
    onTestFinished(() => queue.close());
    return { queue, alarms };
  };
  return { redis, path: join(folder.path, 'work'), queueOf };
}

const begun = (path: string) =>
  existsSync(`${path}.begun`) ? readFileSync(`${path}.begun`, 'utf8').trim().split('\n') : [];

describe('jobs', () => {
  it('R-RPL-3: a job wanted twice is done once, in a process of its own, and is forgotten then', async () => {
    const { path, queueOf } = await stage();
    const [wanting, doing] = [queueOf(), queueOf()];
    await wanting.queue.add('one', { path });
    await wanting.queue.add('one', { path });
    expect(await wanting.queue.phaseOf('one')).toMatchObject({ phase: 'waiting' });
    const done: string[] = [];
    doing.queue.do({ program, atOnce: 2, onDone: (id) => void done.push(id) });
    await until('half of it', async () => (await wanting.queue.phaseOf('one'))?.progress === 0.5);
    expect(await wanting.queue.figures()).toEqual({ waiting: 0, running: 1, failed: 0 });
    writeFileSync(`${path}.go`, '');
    await until('the end', () => done.length > 0);
    expect(await wanting.queue.phaseOf('one')).toBeUndefined();
    expect(begun(path)).toHaveLength(1);
    expect(begun(path)).not.toContain(String(process.pid));
  });

  it('R-RPL-3: a job whose process was killed is done by another one', async () => {
    const { redis, path, queueOf } = await stage();
    const { queue } = queueOf();
    const args = [worker, JSON.stringify({ url: redis.url, program })];
    const first = await startProcess({ command: process.execPath, args, ready: { line: /ready/ } });
    onTestFinished(async () => void (await first.stop(0)));
    await queue.add('one', { path });
    await until('its beginning', () => begun(path).length === 1);
    await first.stop(0); // with its children
    const done: string[] = [];
    queue.do({ program, atOnce: 1, onDone: (id) => void done.push(id) });
    writeFileSync(`${path}.go`, '');
    await until('the end', () => done.length > 0);
    expect(begun(path)).toHaveLength(2);
    expect(readFileSync(`${path}.done`, 'utf8')).toBe(begun(path)[1]);
    expect(done).toEqual(['one']);
  });

  it('R-RPL-3: a job that fails is given up after its attempts with an alarm, and can be wanted again', async () => {
    const { path, queueOf } = await stage();
    const { queue, alarms } = queueOf();
    queue.do({ program, atOnce: 1, onDone() {} });
    await queue.add('one', { path, fails: true });
    await until('the end of it', async () => (await queue.phaseOf('one'))?.phase === 'failed');
    await until('the alarm', () => alarms.length === 1);
    expect(alarms).toMatchObject([{ alarm: 'job-given-up', job: 'one', attempt: 2, error: 'cannot be done' }]);
    writeFileSync(`${path}.go`, '');
    await queue.add('one', { path });
    await until('it done', () => existsSync(`${path}.done`));
    expect(begun(path)).toHaveLength(3);
  });

  it('R-HA-6: who ends in the middle of a job while Redis is away ends in good order', async () => {
    const { redis, path, queueOf } = await stage();
    const { queue } = queueOf();
    queue.do({ program, atOnce: 1, onDone() {} });
    await queue.add('one', { path });
    await until('the job to be begun', () => begun(path).length === 1);
    await redis.crash();
    // What nobody hears of would fail the run.
    await queue.close();
    const pid = Number(begun(path)[0]);
    await until('the end of who does it', () => !existsSync(`/proc/${pid}`));
  });
});
