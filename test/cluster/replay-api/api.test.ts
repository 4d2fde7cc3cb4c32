import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyRoute } from './every-route.ts';
import { conversationOf, json, password, type Sample, type SignedIn, signedIn, startSample } from './sample.ts';
import { unzipped } from './unzipped.ts';

const audio = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251));
const here = '/api/tenants/north/conversations/call-1';
let sample: Sample;
let atRead: string | undefined;
let asked: Record<'viewer' | 'supervisor' | 'stranger' | 'admin', SignedIn>;

beforeAll(async () => {
  sample = await startSample({
    conversations: [
      conversationOf('north', 'call-1'),
      conversationOf('north', 'call-2', { direction: 'outbound', problem: 'ONLY_ONE_STREAM' }),
      conversationOf('south', 'call-9'),
    ],
    audio,
    onRead: () => {
      atRead = readdirSync(join(sample.folder, 'audit'))
        .map((day) => readFileSync(join(sample.folder, 'audit', day), 'utf8'))
        .join('');
    },
  });
  const { address } = sample;
  asked = {
    viewer: await signedIn(address, 'viewer'),
    supervisor: await signedIn(address, 'supervisor'),
    stranger: await signedIn(address, 'stranger'),
    admin: await signedIn(address, 'admin'),
  };
});
afterAll(() => sample.close());

/** JSON.parse's word for it: what is in it the test says. */
const bodyOf = async (answer: Response) => JSON.parse(await answer.text());

const auditLines = async () => {
  const folder = join(sample.folder, 'audit');
  const texts = await Promise.all((await readdir(folder)).map((day) => readFile(join(folder, day), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line): Record<string, unknown> => JSON.parse(line));
};

describe('R-OPS-2: signing in', () => {
  it('gives a cookie that scripts cannot read and other sites cannot send, and keeps neither it nor the password', async () => {
    const answer = await fetch(`${sample.address}/api/session`, json('POST', { user: 'viewer', password }));
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^twinreel=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/);
    const kept = await readFile(join(sample.folder, 'accounts.jsonl'), 'utf8');
    expect(kept).not.toContain(cookie!.slice(9, 52));
    expect(kept).not.toContain(password);
    expect((await stat(join(sample.folder, 'accounts.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it('says the same of a wrong password and of a name that nobody has', async () => {
    const answers = await Promise.all(
      ['viewer', 'nobody'].map((user) =>
        fetch(`${sample.address}/api/session`, json('POST', { user, password: 'not this one, surely' })),
      ),
    );
    const [wrong, unknown] = await Promise.all(answers.map(async (one) => [one.status, await one.text()]));
    expect(wrong).toEqual(unknown);
    expect(wrong![0]).toBe(401);
  });

  it('refuses floods of attempts at one name', async () => {
    const attempt = () => fetch(`${sample.address}/api/session`, json('POST', { user: 'flooded', password: 'x' }));
    const statuses = [];
    for (let count = 0; count < 12; count++) statuses.push((await attempt()).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  });

  it('refuses an address that asks more than a person can, with the time to wait', async () => {
    const ask = () => sample.api.inject({ url: '/healthz', remoteAddress: '192.0.2.1' });
    let answer = await ask();
    for (let count = 1; count <= 1_200; count++) answer = await ask();
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().code]).toEqual([
      429,
      expect.any(String),
      'too-many-requests',
    ]);
    expect((await fetch(`${sample.address}/healthz`)).status).toBe(200);
  });

  it('ends with signing out', async () => {
    const ask = await signedIn(sample.address, 'viewer');
    expect((await ask('/api/session')).status).toBe(200);
    expect((await ask('/api/session', { method: 'DELETE' })).status).toBe(200);
    expect((await ask('/api/session')).status).toBe(401);
  });

  it.each([{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])(
    'refuses a change that a page of another site asks for: %o',
    async (headers) => {
      const answer = await asked.supervisor(`${here}/tags`, {
        ...json('PUT', { tags: ['x'] }),
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect([answer.status, (await bodyOf(answer)).code]).toEqual([403, 'request-forged']);
    },
  );

  it('changes a password for who knows the present one, and ends the other sessions of the user', async () => {
    await asked.admin('/api/users/changing', json('PUT', { password, grants: { north: 'viewer' } }));
    const [one, other] = [await signedIn(sample.address, 'changing'), await signedIn(sample.address, 'changing')];
    const change = (present: string) =>
      one('/api/session/password', json('PUT', { password: present, newPassword: 'another password' }));
    expect((await change('a wrong password')).status).toBe(401);
    expect((await change(password)).status).toBe(200);
    expect([(await one('/api/session')).status, (await other('/api/session')).status]).toEqual([200, 401]);
  });
});

describe('R-OPS-2: tenants and roles', () => {
  it.each([
    ['PUT', '/tags', { tags: ['x'] }],
    ['POST', '/notes', { text: 'x' }],
    ['POST', '/shares', { hours: 1 }],
    ['GET', '/export', undefined],
  ])('a viewer may not %s %s', async (method, path, body) => {
    const answer = await asked.viewer(here + path, body ? json(method, body) : { method });
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([403, 'not-allowed']);
  });

  it('only an admin of all tenants makes users, and the last one stays', async () => {
    const grants = { north: 'viewer' };
    const attempt = json('PUT', { password, grants });
    expect((await asked.stranger('/api/users/new', attempt)).status).toBe(403);
    expect((await asked.admin('/api/users/new', attempt)).status).toBe(200);
    expect((await bodyOf(await asked.admin('/api/users'))).users).toContainEqual({ user: 'new', grants });
    expect((await asked.admin('/api/users/new', { method: 'DELETE' })).status).toBe(200);
    expect((await asked.admin('/api/users/admin', { method: 'DELETE' })).status).toBe(409);
    expect((await asked.admin('/api/users/admin', json('PUT', { grants }))).status).toBe(409);
  });

  it('an admin of a tenant reads what was done in it, and nothing of others', async () => {
    await asked.stranger('/api/tenants/south/conversations/call-9');
    const { entries } = await bodyOf(await asked.stranger('/api/audit'));
    expect(new Set(entries.map(({ tenant }: { tenant?: string }) => tenant))).toEqual(new Set(['south']));
    expect((await asked.viewer('/api/audit')).status).toBe(403);
  });
});

everyRoute(() => ({ address: sample.address, asked }));

describe('R-RPL-4: conversations over HTTP', () => {
  it('are found by filters, a page at a time', async () => {
    const search = async (query: string) => bodyOf(await asked.viewer(`/api/tenants/north/conversations?${query}`));
    expect((await search('direction=outbound')).conversations).toMatchObject([{ conversation: 'call-2' }]);
    const first = await search('limit=1');
    expect(first.conversations).toHaveLength(1);
    expect(first.conversations).toMatchObject([{ conversation: 'call-2' }]);
    expect((await search(`limit=1&after=${first.next}`)).conversations).toMatchObject([{ conversation: 'call-1' }]);
    expect(await search('after=nonsense')).toMatchObject({ status: 400, code: 'catalogue-refused' });
  });

  it('refuse a filter that is none, with its name', async () => {
    const answer = await asked.viewer('/api/tenants/north/conversations?direction=sideways');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await bodyOf(answer)).toMatchObject({
      status: 400,
      code: 'request-invalid',
      detail: expect.stringContaining('direction'),
    });
  });

  it('are known by every name they had, with what people said under any of them', async () => {
    await asked.supervisor(`${here}-before/tags`, json('PUT', { tags: ['complaint', 'refund', 'refund'] }));
    await asked.supervisor(`${here}/notes`, json('POST', { text: 'call back' }));
    const { conversation, remarks, audio: heard } = await bodyOf(await asked.viewer(here));
    expect(conversation.conversation).toBe('call-1');
    expect(remarks.tags).toEqual(['complaint', 'refund']);
    expect(remarks.notes).toMatchObject([{ by: 'supervisor', text: 'call back' }]);
    expect(heard).toEqual({ phase: 'ready' });
    await asked.supervisor(`${here}/tags`, json('PUT', { tags: ['refund'] }));
    const found = await bodyOf(await asked.viewer('/api/tenants/north/conversations?text=back&tag=refund'));
    expect(found.conversations).toMatchObject([{ conversation: 'call-1' }]);
    expect((await bodyOf(await asked.viewer('/api/tenants/north/conversations?tag=complaint'))).conversations).toEqual(
      [],
    );
  });

  it.each(['number=%2B420555', 'number=5551', 'dn=7001', 'key=GEN_TEXT_order&value=%3Cimg', 'text=ada', 'agent=ada'])(
    'are found by %s, those of the tenant only',
    async (query) => {
      const { conversations } = await bodyOf(await asked.admin(`/api/tenants/north/conversations?${query}`));
      expect(conversations.map(({ conversation }: { conversation: string }) => conversation)).toContain('call-1');
      expect(conversations).toHaveLength(2);
    },
  );

  it('tell pages that they changed, those of the tenant only', async () => {
    const abort = new AbortController();
    const news = await asked.viewer('/api/tenants/north/news', { signal: abort.signal });
    expect(news.status).toBe(200);
    const reader = news.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = (await reader.read()).value!;
    sample.change('south', 'call-9');
    sample.change('north', 'call-1');
    while (!heard.includes('data:')) heard += (await reader.read()).value;
    expect(heard).toContain('event: conversation\ndata: {"conversation":"call-1"}\n\n');
    expect(heard).not.toContain('call-9');
    abort.abort();
  });
});

describe('R-OPS-3: what runs it', () => {
  it('says that it lives and is ready, counts, and describes itself as OpenAPI 3.1', async () => {
    expect((await fetch(`${sample.address}/healthz`)).status).toBe(200);
    expect((await fetch(`${sample.address}/readyz`)).status).toBe(200);
    const figures = await (await fetch(`${sample.address}/metrics`)).text();
    expect(figures).toContain('twinreel_replay_sign_ins_total{outcome="accepted"}');
    expect(figures).toContain('twinreel_replay_figure{figure="conversations"} 3');
    expect(figures).toContain('nodejs_eventloop_lag_seconds');
    expect(figures).not.toMatch(/north|south|call-1/);
    const description = await bodyOf(await fetch(`${sample.address}/openapi.json`));
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.paths)).toContain('/api/tenants/{tenant}/conversations/{conversation}/audio');
  });

  it('lets browsers run nothing but its own scripts', async () => {
    const { headers } = await fetch(`${sample.address}/healthz`);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each(['/api/tenants/%zz/conversations', '/api/nothing', `/api/tenants/${'x'.repeat(1_600)}/news`])(
    'an address that is none is refused as everything is: %s',
    async (path) => {
      const answer = await asked.viewer(path);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await bodyOf(answer)).toMatchObject({ status: answer.status, code: expect.any(String) });
    },
  );

  it('a body that is no JSON is the fault of whoever sent it', async () => {
    const answer = await fetch(`${sample.address}/api/session`, { ...json('POST', 0), body: '{' });
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([400, 'request-invalid']);
  });
});

describe('R-RPL-5: audio', () => {
  it.each([
    [undefined, 200, 0, 999],
    ['bytes=0-', 206, 0, 999],
    ['bytes=100-199', 206, 100, 199],
    ['bytes=-50', 206, 950, 999],
    ['bytes=990-5000', 206, 990, 999],
    ['lines=1-2', 200, 0, 999],
  ])('%s gives %i and bytes %i to %i', async (range, status, from, to) => {
    const answer = await asked.viewer(`${here}/audio`, range ? { headers: { range } } : {});
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-range')).toBe(status === 206 ? `bytes ${from}-${to}/1000` : null);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(audio.subarray(from, to + 1));
  });

  it('a range beyond its end is refused with its length', async () => {
    const answer = await asked.viewer(`${here}/audio`, { headers: { range: 'bytes=1000-' } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
  });

  it('a range of other bytes than those that are there now gives all of them', async () => {
    const answer = await asked.viewer(`${here}/audio`, { headers: { range: 'bytes=5-9', 'if-range': '"v0"' } });
    expect(answer.status).toBe(200);
  });

  it('is read only when the audit has it', async () => {
    await asked.viewer(`${here}/audio`, { headers: { range: 'bytes=7-9' } });
    expect(JSON.parse(atRead!.trim().split('\n').at(-1)!)).toMatchObject({
      verb: 'played',
      user: 'viewer',
      tenant: 'north',
      conversation: 'call-1',
      detail: 'bytes 7-9 of 1000',
    });
  });

  it('is exported with what is known of it, and digests of all', async () => {
    const answer = await asked.supervisor(`${here}/export`);
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="conversation-2026-05-04T09-30-00-000Z.zip"',
    );
    expect(JSON.parse(atRead!.trim().split('\n').at(-1)!)).toMatchObject({ verb: 'exported', user: 'supervisor' });
    const files = unzipped(Buffer.from(await answer.arrayBuffer()));
    expect([...files.keys()]).toEqual(['conversation.json', 'audio.mp3', 'manifest.json']);
    expect(files.get('audio.mp3')).toEqual(audio);
    expect(JSON.parse(String(files.get('conversation.json'))).conversation).toBe('call-1');
    const manifest = JSON.parse(String(files.get('manifest.json')));
    expect(manifest.files[1]).toEqual({
      name: 'audio.mp3',
      bytes: 1_000,
      sha256: createHash('sha256').update(audio).digest('hex'),
    });
  });
});

describe('R-REC-8: an export with what it was made of', () => {
  it('has what is asked for, and its digest; the audit says so', async () => {
    const answer = await asked.supervisor(`${here}/export?with=wav&with=packets`);
    const files = unzipped(Buffer.from(await answer.arrayBuffer()));
    expect([...files.keys()]).toEqual(['conversation.json', 'audio.mp3', 'wav.bin', 'packets.bin', 'manifest.json']);
    const manifest = JSON.parse(String(files.get('manifest.json')));
    expect(manifest.files[2]).toEqual({
      ...{ name: 'wav.bin', bytes: 3 },
      sha256: createHash('sha256').update('wav').digest('hex'),
    });
    expect((await auditLines()).at(-1)).toMatchObject({ verb: 'exported', detail: 'with wav and packets' });
    const refused = await asked.supervisor(`${here}/export?with=video`);
    expect([refused.status, (await bodyOf(refused)).code]).toEqual([400, 'request-invalid']);
  });
});

describe('R-RPL-5: links', () => {
  it('let whoever has one hear one conversation until it ends, and are not kept', async () => {
    const made = await bodyOf(await asked.supervisor(`${here}/shares`, json('POST', { hours: 1 })));
    const link = `${sample.address}/api${made.path}`;
    const { conversation } = await bodyOf(await fetch(link));
    expect(conversation.conversation).toBe('call-1');
    expect(conversation).not.toHaveProperty('externalData');
    expect((await fetch(`${link}/audio`)).status).toBe(200);
    expect((await fetch(`${link}/peaks`)).status).toBe(200);
    const kept = await readFile(join(sample.folder, 'accounts.jsonl'), 'utf8');
    expect(kept).not.toContain(made.path.split('/').at(-1));
    expect((await auditLines()).at(-1)).toMatchObject({
      verb: 'played',
      user: expect.stringMatching(/^share .* by supervisor$/),
    });
    const ended = await asked.supervisor(`${here}/shares/${made.share}`, { method: 'DELETE' });
    expect((await bodyOf(ended)).shares).toEqual([]);
    expect((await fetch(link)).status).toBe(404);
  });

  it('cannot be made for longer than a month', async () => {
    expect((await asked.supervisor(`${here}/shares`, json('POST', { hours: 721 }))).status).toBe(400);
  });
});
