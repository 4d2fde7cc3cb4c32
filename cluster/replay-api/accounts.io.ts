// Users, their sessions, saved searches, and links they shared. All of it is in memory, and in one file of lines;
// who puts something hears that it is done when its line is durable. Knows no passwords and no tokens, only what they became.

import { join } from 'node:path';
import { TwinreelError } from '#src/errors';
import type { Clock } from '#src/ports';
import {
  type AccountEntry,
  accountEntrySchema,
  type SavedSearch,
  type Session,
  type Share,
  type User,
} from './account.schema.ts';
import type { AccountStore } from './account-store.protocol.ts';
import { LineFile } from './line-file.io.ts';

/** Lines beyond what is needed before the file is written anew, at the next start. */
const superfluousMax = 1_000;
/** Bounds of what is kept at once. */
const usersMax = 10_000;
const sessionsMax = 20_000;
const sharesMax = 100_000;

type Kind = AccountEntry['kind'];
type ValueOf<K extends Kind> = NonNullable<Extract<AccountEntry, { kind: K }>['value']>;

export class Accounts implements AccountStore {
  readonly #file: LineFile;
  readonly #clock: Clock;
  readonly #kept: Kept;

  private constructor(file: LineFile, clock: Clock, kept: Kept) {
    this.#file = file;
    this.#clock = clock;
    this.#kept = kept;
  }

  static async open(folder: string, clock: Clock): Promise<Accounts> {
    const path = join(folder, 'accounts.jsonl');
    const opened = await LineFile.open(path);
    const kept = new Kept();
    for (const line of opened.lines) kept.put(accountEntrySchema.parse(line));
    kept.forgetExpired(clock.nowMs());
    const needed = kept.entries();
    if (opened.lines.length <= needed.length + superfluousMax) return new Accounts(opened.file, clock, kept);
    await opened.file.close();
    await LineFile.replace(path, needed);
    return new Accounts((await LineFile.open(path)).file, clock, kept);
  }

  async users(): Promise<readonly User[]> {
    return [...this.#kept.of('user').values()];
  }

  async user(name: string): Promise<User | undefined> {
    return this.#kept.of('user').get(name);
  }

  putUser(user: User): Promise<void> {
    if (this.#kept.of('user').size >= usersMax && !this.#kept.of('user').has(user.user))
      throw new TwinreelError('request-invalid', `there are ${usersMax} users, and there may not be more`);
    return this.#put({ kind: 'user', id: user.user, value: user });
  }

  async removeUser(name: string): Promise<void> {
    await this.endSessionsOf(name);
    await this.#put({ kind: 'user', id: name, value: null });
  }

  async session(digest: string): Promise<Session | undefined> {
    const session = this.#kept.of('session').get(digest);
    return session && session.expiresMs > this.#clock.nowMs() ? session : undefined;
  }

  putSession(digest: string, session: Session): Promise<void> {
    this.#kept.forgetExpired(this.#clock.nowMs());
    this.#kept.makeRoom('session', sessionsMax);
    return this.#put({ kind: 'session', id: digest, value: session });
  }

  endSession(digest: string): Promise<void> {
    return this.#put({ kind: 'session', id: digest, value: null });
  }

  async endSessionsOf(user: string, except?: string): Promise<void> {
    const theirs = [...this.#kept.of('session')].filter(([digest, one]) => one.user === user && digest !== except);
    await Promise.all(theirs.map(([digest]) => this.endSession(digest)));
  }

  putShare(digest: string, share: Share): Promise<void> {
    this.#kept.forgetExpired(this.#clock.nowMs());
    this.#kept.makeRoom('share', sharesMax);
    return this.#put({ kind: 'share', id: digest, value: share });
  }

  endShare(digest: string): Promise<void> {
    return this.#put({ kind: 'share', id: digest, value: null });
  }

  async share(digest: string): Promise<Share | undefined> {
    const share = this.#kept.of('share').get(digest);
    return share && share.expiresMs > this.#clock.nowMs() ? share : undefined;
  }

  async sharesOf(tenant: string, names: readonly string[]): Promise<(Share & { readonly share: string })[]> {
    const nowMs = this.#clock.nowMs();
    return [...this.#kept.of('share')]
      .filter(([, one]) => one.tenant === tenant && names.includes(one.conversation) && one.expiresMs > nowMs)
      .map(([share, one]) => ({ share, ...one }));
  }

  async searches(user: string): Promise<readonly SavedSearch[]> {
    return this.#kept.of('searches').get(user) ?? [];
  }

  putSearches(user: string, searches: SavedSearch[]): Promise<void> {
    return this.#put({ kind: 'searches', id: user, value: searches });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #put(entry: AccountEntry): Promise<void> {
    // First here, so that who reads, changes and puts without waiting in between loses nothing of what others put.
    this.#kept.put(entry);
    await this.#file.append(entry);
  }
}

/** What the lines of the file come to. */
class Kept {
  readonly #values: { readonly [K in Kind]: Map<string, ValueOf<K>> } = {
    user: new Map(),
    session: new Map(),
    share: new Map(),
    searches: new Map(),
  };

  of<K extends Kind>(kind: K): Map<string, ValueOf<K>> {
    return this.#values[kind];
  }

  put({ kind, id, value }: AccountEntry): void {
    if (value === null) this.#values[kind].delete(id);
    else (this.#values[kind] as Map<string, unknown>).set(id, value);
  }

  forgetExpired(nowMs: number): void {
    for (const kind of ['session', 'share'] as const)
      for (const [id, { expiresMs }] of this.#values[kind]) if (expiresMs <= nowMs) this.#values[kind].delete(id);
  }

  /** The oldest one gives way. */
  makeRoom(kind: 'session' | 'share', max: number): void {
    const [oldest] = this.#values[kind].keys();
    if (oldest !== undefined && this.#values[kind].size >= max) this.#values[kind].delete(oldest);
  }

  entries(): AccountEntry[] {
    return (Object.keys(this.#values) as Kind[]).flatMap((kind) =>
      [...this.#values[kind]].map(([id, value]) => ({ kind, id, value }) as AccountEntry),
    );
  }
}
