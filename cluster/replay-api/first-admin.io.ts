// The first person: without a user nobody could make one. Their password is drawn, and told in a file that only our user may read, until
// they choose another.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '#src/ports';
import { everyTenant } from './account.schema.ts';
import type { AccountStore } from './account-store.protocol.ts';
import { LineFile } from './line-file.io.ts';
import { Passwords } from './passwords.io.ts';

export interface FirstAdmin {
  readonly user: string;
  readonly password: string;
}

const user = 'admin';

/** Makes one where there is no user at all, and forgets the drawn password where it no longer holds. */
export async function ensureFirstAdmin(accounts: AccountStore, folder: string, random: Random): Promise<void> {
  const passwords = await Passwords.create(random);
  if ((await accounts.users()).length > 0) {
    const told = await readFirstAdmin(folder);
    if (told && !(await passwords.isRight((await accounts.user(told.user))?.passwordHash, told.password)))
      await rm(fileIn(folder));
    return;
  }
  const password = random.bytes(15).toString('base64url');
  await LineFile.replace(fileIn(folder), [{ user, password }]);
  await accounts.putUser({ user, passwordHash: await passwords.hash(password), grants: { [everyTenant]: 'admin' } });
}

/** As long as they have not chosen a password of their own. */
export async function readFirstAdmin(folder: string): Promise<FirstAdmin | undefined> {
  const text = await readFile(fileIn(folder), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as FirstAdmin);
}

function fileIn(folder: string): string {
  return join(folder, 'first-admin.json');
}
