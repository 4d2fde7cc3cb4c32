// Who may use replay: users, their sessions and saved searches, links. Every line of the account file is one of these, or tells that one is gone.

import { z } from 'zod';

const name = z.string().min(1).max(200);
const wallClockMs = z.number();

/** A viewer searches and listens; a supervisor also tags, notes, exports and shares; an admin also manages users and reads the audit. */
export const roles = ['viewer', 'supervisor', 'admin'] as const;

/** Every tenant there is. */
export const everyTenant = '*';

/** Role by tenant, `*` for all of them. */
export const grantsSchema = z.record(name, z.enum(roles)).refine((grants) => Object.keys(grants).length <= 1_000);

const userSchema = z.object({ user: name, passwordHash: z.string(), grants: grantsSchema });

/** Kept by the digest of its token: who reads the file cannot sign in with it. */
const sessionSchema = z.object({ user: name, createdMs: wallClockMs, expiresMs: wallClockMs });

/** A link for who has no account; kept by the digest of its token, too. */
const shareSchema = z.object({
  tenant: name,
  conversation: name,
  by: name,
  createdMs: wallClockMs,
  expiresMs: wallClockMs,
});

export const passwordLengthMin = 12;
export const passwordLengthMax = 200;

export const savedSearchSchema = z.object({
  name: z.string().trim().min(1).max(100),
  /** The query of the page's address. */
  query: z.string().max(2_000),
});

const entry = <Kind extends string, Value extends z.ZodType>(kind: Kind, value: Value) =>
  z.object({ kind: z.literal(kind), id: z.string(), value: value.nullable() });

export const accountEntrySchema = z.discriminatedUnion('kind', [
  entry('user', userSchema),
  entry('session', sessionSchema),
  entry('share', shareSchema),
  entry('searches', z.array(savedSearchSchema)),
]);

export type Role = (typeof roles)[number];
export type Grants = z.output<typeof grantsSchema>;
export type User = z.output<typeof userSchema>;
export type Session = z.output<typeof sessionSchema>;
export type Share = z.output<typeof shareSchema>;
export type SavedSearch = z.output<typeof savedSearchSchema>;
export type AccountEntry = z.output<typeof accountEntrySchema>;
