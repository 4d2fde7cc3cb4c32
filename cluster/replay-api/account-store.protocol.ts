// Where users, sessions, links and saved searches are kept. What is put is durable when its promise resolves.

import type { SavedSearch, Session, Share, User } from './account.schema.ts';

export interface AccountStore {
  users(): Promise<readonly User[]>;
  user(name: string): Promise<User | undefined>;
  putUser(user: User): Promise<void>;
  /** And every session of theirs. */
  removeUser(name: string): Promise<void>;

  /** One that has not expired, by the digest of its token. */
  session(digest: string): Promise<Session | undefined>;
  putSession(digest: string, session: Session): Promise<void>;
  endSession(digest: string): Promise<void>;
  endSessionsOf(user: string, except?: string): Promise<void>;

  /** One that has not expired, by the digest of its token. */
  share(digest: string): Promise<Share | undefined>;
  putShare(digest: string, share: Share): Promise<void>;
  endShare(digest: string): Promise<void>;
  /** Those that last, to a conversation under any of its names; `share` is the digest. */
  sharesOf(tenant: string, names: readonly string[]): Promise<readonly (Share & { readonly share: string })[]>;

  searches(user: string): Promise<readonly SavedSearch[]>;
  putSearches(user: string, searches: SavedSearch[]): Promise<void>;
}
