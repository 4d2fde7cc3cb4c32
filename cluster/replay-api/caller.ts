// Who asks, and what they may do where. What belongs to a tenant they have no part in is nothing to them: it does not exist.

import { TwinreelError } from '#src/errors';
import { everyTenant, type Grants, type Role } from './account.schema.ts';

export interface Caller {
  readonly user: string;
  readonly grants: Grants;
  /** Of the session they came with. */
  readonly sessionDigest: string;
}

/** What can be done, and from which role on. */
const verbs = {
  search: 'viewer',
  play: 'viewer',
  tag: 'supervisor',
  note: 'supervisor',
  export: 'supervisor',
  share: 'supervisor',
  'read-audit': 'admin',
  'manage-users': 'admin',
} as const satisfies Record<string, Role>;

export type Verb = keyof typeof verbs;

const ranks: Record<Role, number> = { viewer: 0, supervisor: 1, admin: 2 };

/** The role in a tenant: the higher one of its own grant and that for every tenant. */
export function roleIn({ grants }: Pick<Caller, 'grants'>, tenant: string): Role | undefined {
  const held = [tenant, everyTenant].flatMap((one) => (Object.hasOwn(grants, one) ? [grants[one]!] : []));
  return held.sort((one, other) => ranks[other] - ranks[one])[0];
}

/** What a role may do. */
export function verbsOf(role: Role): Verb[] {
  return (Object.keys(verbs) as Verb[]).filter((verb) => ranks[role] >= ranks[verbs[verb]]);
}

/** @throws TwinreelError `nothing-here` without any part in the tenant, `not-allowed` with too little of it */
export function demand(caller: Caller, tenant: string, verb: Verb): void {
  const role = roleIn(caller, tenant);
  if (role === undefined) throw new TwinreelError('nothing-here', 'there is nothing here');
  if (ranks[role] < ranks[verbs[verb]])
    throw new TwinreelError('not-allowed', `a ${role} may not ${verb}; that takes a ${verbs[verb]}`);
}
