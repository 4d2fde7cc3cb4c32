// Every route that the API describes, asked by people who have no part in what it is about. A route that is added has to say what it is of.

import { describe, expect, it } from 'vitest';
import { json, password, type SignedIn, signedIn } from './sample.ts';

export interface RouteStage {
  readonly address: string;
  readonly asked: Readonly<Record<'viewer' | 'supervisor' | 'stranger', SignedIn>>;
}

export function everyRoute(stage: () => RouteStage): void {
  describe('R-OPS-2: every route that the API describes', () => {
    /** What is of no tenant, and what somebody gets who is no admin of all. */
    const ofNoTenant: Readonly<Record<string, number>> = {
      'GET /api/session': 200,
      'POST /api/session': 401,
      'DELETE /api/session': 200,
      'PUT /api/session/password': 401,
      'GET /api/searches': 200,
      'PUT /api/searches': 200,
      'GET /api/users': 403,
      'PUT /api/users/x': 403,
      'DELETE /api/users/x': 403,
      'GET /api/audit': 403,
      'GET /api/shared/x': 404,
      'GET /api/shared/x/audio': 404,
      'GET /api/shared/x/peaks': 404,
      'GET /healthz': 200,
      'GET /readyz': 200,
    };
    /** Whatever a route wants, it finds it here; what a list of none would change is kept. */
    const body = {
      tags: ['x'],
      text: 'x',
      hours: 1,
      searches: [],
      grants: {},
      user: 'nobody',
      password: 'not this one, surely',
      newPassword: password,
    };
    const routes = async () => {
      const { paths } = JSON.parse(await (await fetch(`${stage().address}/openapi.json`)).text());
      return Object.entries<object>(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({
          method: method.toUpperCase(),
          path: path.replace(/\{(user|token|share)\}/, 'x'),
        })),
      );
    };
    const ask = async (who: (path: string, init: RequestInit) => Promise<Response>, method: string, path: string) => {
      const answer = await who(path, method === 'GET' || method === 'DELETE' ? { method } : json(method, body));
      return { status: answer.status, said: await answer.text() };
    };
    const at = (path: string, tenant: string, conversation: string) =>
      path.replace('{tenant}', tenant).replace('{conversation}', conversation);

    it('says nothing of another tenant to anybody, whether it is asked by its own name or through the tenant of who asks', async () => {
      const ofTenants = (await routes()).filter(({ path }) => path.includes('{tenant}'));
      expect(ofTenants.length).toBeGreaterThan(10);
      for (const { method, path } of ofTenants) {
        for (const [user, own, foreign, name] of [
          ['viewer', 'north', 'south', 'call-9'],
          ['supervisor', 'north', 'south', 'call-9'],
          ['stranger', 'south', 'north', 'call-1'],
        ] as const) {
          const there = await ask(stage().asked[user], method, at(path, foreign, name));
          const nowhere = await ask(stage().asked[user], method, at(path, 'no-such-tenant', 'none'));
          expect([method, path, user, there]).toEqual([method, path, user, { ...nowhere, status: 404 }]);
          if (!path.includes('{conversation}')) continue;
          const through = await ask(stage().asked[user], method, at(path, own, name));
          // A viewer is refused what takes more before anybody looks whether there is such a conversation.
          expect([method, path, user, [403, 404].includes(through.status)]).toEqual([method, path, user, true]);
          expect(through).toEqual(await ask(stage().asked[user], method, at(path, own, 'none')));
          expect(through.said).not.toContain(name);
        }
      }
    });

    it('tells nobody who is not signed in of a tenant', async () => {
      const stranger = (path: string, init: RequestInit) => fetch(stage().address + path, init);
      for (const { method, path } of (await routes()).filter((one) => one.path.includes('{tenant}')))
        expect([method, path, (await ask(stranger, method, at(path, 'north', 'call-1'))).status]).toEqual([
          method,
          path,
          401,
        ]);
    });

    it('is of a tenant, or known to be of none', async () => {
      const others = (await routes()).filter(({ path }) => !path.includes('{tenant}'));
      expect(others.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(ofNoTenant).sort());
      // Who signs out is nobody afterwards.
      const isLast = ({ method, path }: { method: string; path: string }) =>
        Number(`${method} ${path}` === 'DELETE /api/session');
      const someone = await signedIn(stage().address, 'supervisor');
      for (const { method, path } of others.sort((one, other) => isLast(one) - isLast(other))) {
        const { status, said } = await ask(someone, method, path);
        expect([method, path, status]).toEqual([method, path, ofNoTenant[`${method} ${path}`]]);
        if (status >= 400) expect(JSON.parse(said)).toMatchObject({ status, code: expect.any(String) });
      }
    });
  });
}
