// Users and the audit. The last admin of every tenant can be neither removed nor made less.

import { TwinreelError } from '#src/errors';
import { everyTenant, type Grants } from './account.schema.ts';
import { audited, callerOf, onlyAdmins } from './admission.ts';
import {
  auditQuerySchema,
  auditReplySchema,
  problemSchema,
  stateSchema,
  userChangeSchema,
  userParamsSchema,
  usersReplySchema,
} from './api.schema.ts';
import { roleIn } from './caller.ts';
import type { Api, ApiParts } from './parts.protocol.ts';

export function administrationRoutes(api: Api, { accounts, audit, passwords }: ApiParts): void {
  const tags = ['administration'];

  api.get(
    '/api/users',
    { schema: { tags, response: { 200: usersReplySchema, '4xx': problemSchema } }, preHandler: onlyAdmins },
    async () => ({ users: (await accounts.users()).map(({ user, grants }) => ({ user, grants })) }),
  );

  api.put(
    '/api/users/:user',
    {
      schema: {
        tags,
        params: userParamsSchema,
        body: userChangeSchema,
        response: { 200: stateSchema, '4xx': problemSchema },
      },
      preHandler: onlyAdmins,
    },
    async (request) => {
      const { user } = request.params;
      const { password, grants } = request.body;
      const before = await accounts.user(user);
      const passwordHash = password === undefined ? before?.passwordHash : await passwords.hash(password);
      if (passwordHash === undefined) throw new TwinreelError('request-invalid', `${user} is new and needs a password`);
      if (grants[everyTenant] !== 'admin') await keepAnAdmin(user);
      const detail = `${user} ${JSON.stringify(grants)}${password === undefined ? '' : ', with another password'}`;
      await audit.record({ verb: 'user-changed', ...audited(request), detail });
      await accounts.putUser({ user, passwordHash, grants });
      // Whoever has the old password in use is out.
      if (password !== undefined) await accounts.endSessionsOf(user, callerOf(request).sessionDigest);
      return { state: before ? 'changed' : 'created' };
    },
  );

  api.delete(
    '/api/users/:user',
    {
      schema: { tags, params: userParamsSchema, response: { 200: stateSchema, '4xx': problemSchema } },
      preHandler: onlyAdmins,
    },
    async (request) => {
      const { user } = request.params;
      if (!(await accounts.user(user))) throw new TwinreelError('nothing-here', `there is no user ${user}`);
      await keepAnAdmin(user);
      await audit.record({ verb: 'user-removed', ...audited(request), detail: user });
      await accounts.removeUser(user);
      return { state: 'removed' };
    },
  );

  api.get(
    '/api/audit',
    {
      schema: { tags, querystring: auditQuerySchema, response: { 200: auditReplySchema, '4xx': problemSchema } },
    },
    async (request) => {
      const caller = callerOf(request);
      if (!Object.values(caller.grants).includes('admin'))
        throw new TwinreelError('not-allowed', 'that takes an admin');
      await audit.record({ verb: 'audit-read', ...audited(request) });
      const isAdminOfAll = caller.grants[everyTenant] === 'admin';
      const entries = await audit.newest(
        request.query.limit,
        ({ tenant }) => isAdminOfAll || (tenant !== undefined && roleIn(caller, tenant) === 'admin'),
      );
      return { entries };
    },
  );

  async function keepAnAdmin(leaving: string): Promise<void> {
    const isAdmin = ({ grants }: { readonly grants: Grants }) => grants[everyTenant] === 'admin';
    const admins = (await accounts.users()).filter(isAdmin);
    if (admins.length === 1 && admins[0]!.user === leaving)
      throw new TwinreelError('user-unremovable', `${leaving} is the last admin of every tenant`);
  }
}
