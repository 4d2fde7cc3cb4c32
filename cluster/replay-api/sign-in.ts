// Signing in and out, and what a page needs to know of who is signed in. Never says whether a name exists.

import type { FastifyRequest } from 'fastify';
import { TwinreelError } from '#src/errors';
import { everyTenant, type Grants } from './account.schema.ts';
import { audited, callerOf, cookieName } from './admission.ts';
import {
  passwordChangeSchema,
  problemSchema,
  searchesSchema,
  sessionSchema,
  signInSchema,
  stateSchema,
} from './api.schema.ts';
import { roleIn, verbsOf } from './caller.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import { digestOf, newToken } from './token.ts';

/** A working day. */
export const sessionMsMax = 12 * 3_600_000;
const attempts = { perUser: 10, perAddress: 60, timeWindowMs: 60_000 };

export function signInRoutes(api: Api, parts: ApiParts): void {
  const { accounts, passwords, audit, metrics, clock, random, isSecure } = parts;
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure } as const;
  const refuseFlood = floodGate(api);

  api.post(
    '/api/session',
    { schema: { tags: ['session'], body: signInSchema, response: { 200: sessionSchema, '4xx': problemSchema } } },
    async (request, reply) => {
      await refuseFlood(request);
      const { user: name, password } = request.body;
      const user = await accounts.user(name);
      const right = await passwords.isRight(user?.passwordHash, password);
      metrics.signIns.inc({ outcome: right ? 'accepted' : 'refused' });
      const verb = right ? 'signed-in' : 'sign-in-refused';
      await audit.record({ verb, user: name, address: request.ip });
      if (!user || !right) throw new TwinreelError('sign-in-refused', 'the name or the password is wrong');
      if (request.caller) await accounts.endSession(request.caller.sessionDigest);
      const token = newToken(random);
      const createdMs = clock.nowMs();
      const expiresMs = createdMs + sessionMsMax;
      await accounts.putSession(digestOf(token), { user: name, createdMs, expiresMs });
      reply.setCookie(cookieName, token, { ...cookie, expires: new Date(expiresMs) });
      return replyOf(parts, name, user.grants, expiresMs);
    },
  );

  api.get(
    '/api/session',
    { schema: { tags: ['session'], response: { 200: sessionSchema, '4xx': problemSchema } } },
    async (request) => {
      const { user, grants, sessionDigest } = callerOf(request);
      return replyOf(parts, user, grants, (await accounts.session(sessionDigest))?.expiresMs ?? 0);
    },
  );

  api.delete(
    '/api/session',
    { schema: { tags: ['session'], response: { 200: stateSchema } } },
    async (request, reply) => {
      if (request.caller) {
        await accounts.endSession(request.caller.sessionDigest);
        await audit.record({ verb: 'signed-out', ...audited(request) });
      }
      reply.clearCookie(cookieName, cookie);
      return { state: 'signed out' };
    },
  );

  api.put(
    '/api/session/password',
    { schema: { tags: ['session'], body: passwordChangeSchema, response: { 200: stateSchema, '4xx': problemSchema } } },
    async (request) => {
      await refuseFlood(request);
      const { user: name, sessionDigest } = callerOf(request);
      const user = await accounts.user(name);
      if (!user || !(await passwords.isRight(user.passwordHash, request.body.password)))
        throw new TwinreelError('sign-in-refused', 'the present password is another one');
      await audit.record({ verb: 'password-changed', ...audited(request) });
      await accounts.putUser({ ...user, passwordHash: await passwords.hash(request.body.newPassword) });
      await accounts.endSessionsOf(name, sessionDigest);
      return { state: 'changed' };
    },
  );

  api.get(
    '/api/searches',
    { schema: { tags: ['session'], response: { 200: searchesSchema, '4xx': problemSchema } } },
    async (request) => ({ searches: [...(await accounts.searches(callerOf(request).user))] }),
  );

  api.put(
    '/api/searches',
    { schema: { tags: ['session'], body: searchesSchema, response: { 200: searchesSchema, '4xx': problemSchema } } },
    async (request) => {
      await accounts.putSearches(callerOf(request).user, request.body.searches);
      return request.body;
    },
  );
}

async function replyOf({ conversations }: ApiParts, user: string, grants: Grants, expiresMs: number) {
  const named = Object.keys(grants).filter((tenant) => tenant !== everyTenant);
  const all = Object.hasOwn(grants, everyTenant) ? await conversations.tenants() : [];
  const tenants = [...new Set([...named, ...all])].sort().map((tenant) => {
    const role = roleIn({ grants }, tenant)!;
    return { tenant, role, may: verbsOf(role) };
  });
  return { user, tenants, isAdmin: grants[everyTenant] === 'admin', expiresMs };
}

/** Ten attempts a minute at one name from one address, and not many more from that address at all. */
function floodGate(api: Api): (request: FastifyRequest) => Promise<void> {
  const timeWindow = attempts.timeWindowMs;
  const gates = [
    api.createRateLimit({ max: attempts.perAddress, timeWindow, keyGenerator: ({ ip }) => `sign-in ${ip}` }),
    api.createRateLimit({
      max: attempts.perUser,
      timeWindow,
      keyGenerator: ({ ip, body, caller }) =>
        `sign-in ${ip} ${caller?.user ?? ''} ${(body as { user?: string }).user ?? ''}`,
    }),
  ];
  return async (request) => {
    for (const gate of gates) {
      const state = await gate(request);
      if (!state.isAllowed && state.isExceeded)
        throw new TwinreelError('too-many-requests', `too many attempts; again in ${state.ttlInSeconds} s`);
    }
  };
}
