import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Directory,
  DirectoryClient,
  type DirectoryClientOptions,
  type DirectoryListener,
  DirectoryServer,
  loadDirectory,
  parseSite,
  saveDirectory,
} from '#src/directory';
import type { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { type Endpoint, type Standing, WireListener } from '#src/wire';
import { freeTcpPort } from '../../harness/ports.ts';
import { site } from './site.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** What a client told, and a way to wait for it without a clock. */
class Told implements DirectoryListener {
  readonly lines: string[] = [];
  readonly faults: TwinreelError[] = [];
  latest: Directory | undefined;
  #waiting: { readonly isThere: () => boolean; readonly resolve: () => void }[] = [];

  changed(directory: Directory, source: 'copy' | 'server'): void {
    this.latest = directory;
    this.#line(`${source} ${directory.size}`);
  }

  link({ phase }: Standing): void {
    this.#line(phase);
  }

  fault(error: TwinreelError): void {
    this.faults.push(error);
    this.#line(`fault ${error.code}`);
  }

  until(isThere: () => boolean): Promise<void> {
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ isThere, resolve });
    });
  }

  hears(line: string, count = 1): Promise<void> {
    return this.until(() => this.lines.filter((one) => one === line).length >= count);
  }

  #line(line: string): void {
    this.lines.push(line);
    const ready = this.#waiting.filter(({ isThere }) => isThere());
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }
}

async function serve(port = 0): Promise<DirectoryServer> {
  const server = await DirectoryServer.listen({ host: '127.0.0.1', port, site: parseSite(site) });
  ends.push(() => server.close());
  return server;
}

async function connect(
  told: Told,
  servers: readonly Endpoint[],
  options: Partial<DirectoryClientOptions> = {},
): Promise<DirectoryClient> {
  const login = { application: 'CallREC_GIM', user: 'callrec', password: 'secret' };
  const client = await DirectoryClient.open({ servers, ...login, reconnectMs: 20, settleMs: 1, ...options }, told);
  ends.push(() => client.close());
  return client;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'twinreel-directory-'));
  ends.push(() => rm(path, { recursive: true }));
  return path;
}

const all = parseSite(site).objects.length;

describe('the client of a configuration server', () => {
  it('R-CFG-1: reads every object, and hears of what is created, changed and deleted', async () => {
    const server = await serve();
    const told = new Told();
    const client = await connect(told, [server.endpoint]);
    await told.hears(`server ${all}`);
    expect(client.directory.get('CfgDN', 1001)).toMatchObject({
      number: '3556',
      userProperties: { TServer: { record: 'true' } },
    });
    const changed = parseSite(
      site
        .replace("number: '3557'", "number: '3559'")
        .replace('- { DBID: 2, name: Bank }', '- { DBID: 3, name: Shop }'),
    );
    server.become(changed);
    await told.until(
      () => told.latest?.get('CfgDN', 1002)?.number === '3559' && told.latest.get('CfgTenant', 3) !== undefined,
    );
    expect(told.latest!.get('CfgTenant', 2)).toBeUndefined();
    expect(told.latest!.size).toBe(all);
  });

  it('R-CFG-6: writes and deletes objects, and is told what is refused', async () => {
    const server = await serve();
    const told = new Told();
    const client = await connect(told, [server.endpoint]);
    await told.hears(`server ${all}`);
    await client.write('CfgDN', { DBID: 2000, switchDBID: 100, tenantDBID: 1, type: 1, number: '4000' });
    await client.write('CfgDN', { DBID: 2000, switchDBID: 100, tenantDBID: 1, type: 1, number: '4001' });
    expect(server.directory.get('CfgDN', 2000)?.number).toBe('4001');
    await client.delete('CfgDN', 2000);
    await expect(client.delete('CfgDN', 2000)).rejects.toMatchObject({
      code: 'directory-refused',
      message: 'there is no CfgDN 2000',
    });
    const wrong = client.write('CfgDN', { DBID: 2001, switchDBID: 100, tenantDBID: 1, type: 1, number: '' });
    await expect(wrong).rejects.toMatchObject({
      code: 'directory-refused',
      message: expect.stringContaining('CfgDN 2001: number'),
    });
  });

  it('R-CFG-1: is not let in with a wrong password or as another application', async () => {
    const server = await serve();
    for (const wrong of [{ password: 'x' }, { application: 'Other' }]) {
      const told = new Told();
      await connect(told, [server.endpoint], wrong);
      await told.hears('fault directory-unreachable');
      expect(told.faults[0]!.message).toMatch(/user name or password is wrong|may not come as application Other/);
    }
  });

  it('R-CFG-1: the secondary takes over, and what is known stays while none is there', async () => {
    const [primary, secondary] = [await serve(), await serve()];
    const told = new Told();
    const client = await connect(told, [primary.endpoint, secondary.endpoint]);
    await told.hears(`server ${all}`);
    await primary.close();
    await told.hears(`server ${all}`, 2);
    expect(client.standing).toMatchObject({ phase: 'standing', server: secondary.endpoint });
    await secondary.close();
    await told.hears('waiting');
    expect(client.directory.size).toBe(all);
  });

  it('R-CFG-1: the copy outlives a restart without a server, and a server that comes back is read', async () => {
    const cacheFile = join(await folder(), 'directory.jsonl');
    const port = await freeTcpPort();
    const server = await serve(port);
    const before = new Told();
    const first = await connect(before, [server.endpoint], { cacheFile });
    await before.hears(`server ${all}`);
    await first.close();
    await server.close();
    expect((await stat(cacheFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(cacheFile, 'utf8')).not.toContain('hidden');

    const told = new Told();
    const second = await connect(told, [{ host: '127.0.0.1', port }], { cacheFile });
    expect(told.lines[0]).toBe(`copy ${all}`);
    expect(second.directory.get('CfgPerson', 800)?.lastName).toBe('Smith');
    await told.hears('fault directory-unreachable');
    await serve(port);
    await told.hears(`server ${all}`);
  });

  it('R-CFG-1: a copy that is not whole is not used, and said', async () => {
    const cacheFile = join(await folder(), 'directory.jsonl');
    const server = await serve();
    await saveDirectory(cacheFile, server.directory);
    expect((await loadDirectory(cacheFile))?.size).toBe(all);
    const whole = await readFile(cacheFile, 'utf8');
    const lines = whole.trimEnd().split('\n');
    for (const torn of [lines.slice(0, -1).join('\n'), lines.toSpliced(3, 1).join('\n'), whole.slice(0, 40), '']) {
      await writeFile(cacheFile, torn);
      await expect(loadDirectory(cacheFile)).rejects.toMatchObject({ code: 'directory-cache-unreadable' });
    }
    const told = new Told();
    await connect(told, [server.endpoint], { cacheFile });
    await told.hears(`server ${all}`);
    expect(told.faults.map(({ code }) => code)).toEqual(['directory-cache-unreadable']);
  });

  it('R-CFG-1: everything is read again after the update period', async () => {
    const server = await serve();
    const told = new Told();
    await connect(told, [server.endpoint], { updateMs: 10 });
    await told.hears(`server ${all}`, 3);
  });

  it('R-CFG-1: an object that cannot be read costs itself; one that was known before stays as it was', async () => {
    const told = new Told();
    let round = 0;
    const listener = await WireListener.listen({
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      attend: (connection) => ({
        value: (value) => {
          const { message, reference, kind } = value as { message: string; reference: number; kind?: string };
          if (message === 'RequestRegisterClient') connection.send({ message: 'EventClientRegistered', reference });
          else if (message === 'RequestRegisterNotification') {
            round += 1;
            connection.send({ message: 'EventNotificationRegistered', reference });
          } else {
            const first = round === 1 ? { DBID: 1, name: 'Environment' } : { DBID: 1, name: 7 };
            const objects = kind === 'CfgTenant' ? [first, { DBID: 2 }, 'rubbish', { DBID: 3, name: 'Bank' }] : [];
            connection.send({ message: 'EventObjectsRead', reference, kind, objects });
            connection.send({ message: 'EventObjectsSent', reference, count: objects.length });
            if (kind === 'CfgFolder' && round === 1) connection.close();
          }
        },
        unreadable: () => {},
        closed: () => {},
      }),
    });
    ends.push(() => listener.close());
    await connect(told, [listener.endpoint]);
    await told.hears('server 2', 2);
    expect(told.latest!.all('CfgTenant').map(({ name }) => name)).toEqual(['Environment', 'Bank']);
    expect(told.faults.filter(({ code }) => code === 'directory-message-malformed')).toHaveLength(5);
  });
});
