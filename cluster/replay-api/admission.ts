// Who a request comes from, and whether they may: sessions by cookie, parts of a tenant by grants, and no forms of other sites.

import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { TwinreelError } from '#src/errors';
import { everyTenant } from './account.schema.ts';
import type { AuditEntry } from './audit.schema.ts';
import { type Caller, demand, type Verb } from './caller.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import { TenantView } from './tenant-view.ts';
import { digestOf } from './token.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined;
    view: TenantView | undefined;
  }
}

export const cookieName = 'twinreel';

/** Makes `caller` known on every request, before anything else looks at it. */
export function admit(api: Api, { accounts }: ApiParts): void {
  api.decorateRequest('caller', undefined);
  api.decorateRequest('view', undefined);
  api.addHook('onRequest', async (request) => {
    refuseForged(request);
    const token = request.cookies[cookieName];
    if (!token) return;
    const sessionDigest = digestOf(token);
    const session = await accounts.session(sessionDigest);
    const user = session && (await accounts.user(session.user));
    if (user) request.caller = { user: user.user, grants: user.grants, sessionDigest };
  });
}

/** For routes below `/api/tenants/:tenant`: a view of that tenant, or it does not exist. */
export function admitToTenant(api: Api, { conversations, audio }: ApiParts): void {
  api.addHook('onRequest', async (request) => {
    const { tenant } = request.params as { tenant: string };
    demand(callerOf(request), tenant, 'search');
    request.view = new TenantView(tenant, conversations, audio);
  });
}

/** @throws TwinreelError `not-signed-in` */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (!caller) throw new TwinreelError('not-signed-in', 'sign in first');
  return caller;
}

/** The tenant of the address. Only below {@link admitToTenant}. */
export function viewOf({ view }: FastifyRequest): TenantView {
  if (!view) throw new Error('a route of a tenant outside of admitToTenant');
  return view;
}

/** Runs before the handler of a route of a tenant. */
export function may(verb: Verb): preHandlerAsyncHookHandler {
  return async (request) => demand(callerOf(request), viewOf(request).tenant, verb);
}

/** For what is of no tenant: users, and the audit of all. */
export async function onlyAdmins(request: FastifyRequest, _reply: FastifyReply): Promise<void> {
  if (callerOf(request).grants[everyTenant] !== 'admin')
    throw new TwinreelError('not-allowed', 'that takes an admin of every tenant');
}

/** Who and from where, for the audit. */
export function audited(request: FastifyRequest): Pick<AuditEntry, 'user' | 'address'> {
  return { user: callerOf(request).user, address: request.ip };
}

/** Cookies go nowhere from other sites (SameSite=Strict); browsers say, too, where a request comes from, and that must be here. */
function refuseForged({ method, headers }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return;
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isForged =
    (site !== undefined && site !== 'same-origin' && site !== 'none') ||
    (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host));
  if (isForged)
    throw new TwinreelError('request-forged', `a change was asked for from ${origin ?? site}, not from here`);
}
