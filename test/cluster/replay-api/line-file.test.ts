import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Accounts } from '#cluster/replay-api';
import { VirtualClock } from '#src/ports';
import { LineFile } from '../../../cluster/replay-api/line-file.io.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinreel-lines-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('R-OPS-2: lines of many at once all stand in the file, in their order, when they are confirmed', async () => {
  const path = join(folder, 'lines');
  const { file } = await LineFile.open(path);
  const numbers = Array.from({ length: 200 }, (_, at) => at);
  await Promise.all(numbers.map((at) => file.append(at)));
  expect(await readFile(path, 'utf8')).toBe(numbers.map((at) => `${at}\n`).join(''));
  await file.close();
});

it('R-OPS-2: a line that a crash cut off is no line, and the next one stands by itself', async () => {
  const path = join(folder, 'lines');
  await appendFile(path, '"whole"\n{"torn":"á');
  const { file, lines } = await LineFile.open(path);
  expect(lines).toEqual(['whole']);
  await file.append('next');
  await file.close();
  expect(await readFile(path, 'utf8')).toBe('"whole"\n"next"\n');
});

it('R-OPS-2: sessions, links and searches are there after a restart, without those that expired', async () => {
  const clock = new VirtualClock();
  const before = await Accounts.open(folder, clock);
  const nowMs = clock.nowMs();
  await before.putSession('short', { user: 'ada', createdMs: nowMs, expiresMs: nowMs + 10 });
  await before.putSession('long', { user: 'ada', createdMs: nowMs, expiresMs: nowMs + 10_000 });
  const link = { tenant: 'north', conversation: 'call-1', by: 'ada', createdMs: nowMs, expiresMs: nowMs + 10_000 };
  await before.putShare('link', link);
  await Promise.all(['one', 'two'].map((name) => before.putSearches('ada', [{ name, query: `text=${name}` }])));
  await before.close();
  clock.advance(20);

  const after = await Accounts.open(folder, clock);
  expect(await after.session('short')).toBeUndefined();
  expect(await after.session('long')).toMatchObject({ user: 'ada' });
  expect(await after.sharesOf('north', ['call-0', 'call-1'])).toEqual([{ share: 'link', ...link }]);
  expect(await after.sharesOf('south', ['call-1'])).toEqual([]);
  expect(await after.searches('ada')).toEqual([{ name: 'two', query: 'text=two' }]);
  await after.close();
});
