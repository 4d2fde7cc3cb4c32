import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Accounts, ensureFirstAdmin, readFirstAdmin } from '#cluster/replay-api';
import { systemClock, systemRandom } from '#src/ports';
import { Passwords } from '../../../cluster/replay-api/passwords.io.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinreel-admin-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('R-OPS-2: the password of the first admin is drawn once, told to our user only, and forgotten when another one holds', async () => {
  const accounts = await Accounts.open(folder, systemClock);
  await ensureFirstAdmin(accounts, folder, systemRandom);
  const told = await readFirstAdmin(folder);
  expect((await stat(join(folder, 'first-admin.json'))).mode & 0o777).toBe(0o600);
  const passwords = await Passwords.create(systemRandom);
  const admin = (await accounts.user('admin'))!;
  expect(admin.grants).toEqual({ '*': 'admin' });
  expect(await passwords.isRight(admin.passwordHash, told!.password)).toBe(true);

  await ensureFirstAdmin(accounts, folder, systemRandom);
  expect(await readFirstAdmin(folder)).toEqual(told);

  await accounts.putUser({ ...admin, passwordHash: await passwords.hash('one of their own') });
  await ensureFirstAdmin(accounts, folder, systemRandom);
  expect(await readFirstAdmin(folder)).toBeUndefined();
  await accounts.close();
});
