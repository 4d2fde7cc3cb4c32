// The scripts of leases on a real Redis are the judge of what the simulation takes them to decide.

import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { connectRedis } from '#cluster/redis';
import { acquireLease, type LeaseHash, type LeaseScript, releaseLease, renewLease } from '#ops/sim';
import { seededRandom } from '#src/ports';
import { until } from '../../harness/processes.ts';
import { startRedis } from '../../harness/redis.ts';

const scripts: readonly (readonly [file: string, model: LeaseScript])[] = [
  ['acquire-lease-1', acquireLease],
  ['renew-lease-1', renewLease],
  ['release-lease-1', releaseLease],
];
const key = 'twinreel:{shard:acme/sip-1/1}:lease';
const leaseMs = 60_000;
const asks = 400;

it('R-SHD-2: the simulation takes, renews and releases leases as the scripts do', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const redis = connectRedis({ url: server.url, commandTimeoutMs: 2_000, log: { warn: () => {} } });
  onTestFinished(() => redis.disconnect());
  await until('the connection', () => redis.status === 'ready');
  const random = seededRandom(7);
  const draw = (below: number) => Math.floor(random.fraction() * below);
  const isFuture = (untilMs: number) => untilMs > Date.now();
  let known: LeaseHash | undefined;
  const answers = new Set<string>();
  for (let asked = 0; asked < asks; asked += 1) {
    // Now and then it has run out, lies far ahead, as after a clock that was set, or is forgotten.
    const disturbance = draw(8);
    if (known && (disturbance === 0 || disturbance === 1)) {
      known = { ...known, untilMs: disturbance === 0 ? 1 : Date.parse('2200-01-01') };
      await redis.hset(key, 'untilMs', String(known.untilMs));
    } else if (disturbance === 2) {
      known = undefined;
      await redis.flushall();
    }
    const [file, model] = scripts[draw(scripts.length)]!;
    const holder = ['a/core', 'b/core'][draw(2)]!;
    const n = (known?.n ?? 0) + draw(3) - 1;
    const numbers = file === 'release-lease-1' ? [n] : [leaseMs, n];
    const text = readFileSync(`cluster/leases/${file}.lua`, 'utf8');
    const answer = await redis.eval(text, 1, key, holder, ...numbers.map(String));
    const { hash, reply } = model(known, { holder, leaseMs, n }, Date.now());
    const stands = await redis.hgetall(key);
    expect({ asked, file, holder, n, answer }).toEqual({ asked, file, holder, n, answer: reply });
    expect({ asked, n: Number(stands['n'] ?? -1), holder: stands['holder'] }).toEqual({
      asked,
      n: hash?.n ?? -1,
      holder: hash?.holder,
    });
    if (hash) expect(isFuture(Number(stands['untilMs']))).toBe(isFuture(hash.untilMs));
    if (hash && isFuture(hash.untilMs))
      expect(Math.abs(Number(stands['untilMs']) - hash.untilMs)).toBeLessThan(leaseMs / 2);
    known = hash;
    answers.add(`${file} ${Array.isArray(answer) ? answer[0] : answer}`);
  }
  expect(answers.size).toBe(6);
});
