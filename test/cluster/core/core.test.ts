// A core in this process, between telephony servers that know two tenants with the same DNs.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { coreControl, startCore } from '#cluster/core';
import { layoutOf, loadConfig } from '#src/config';
import { callTypes, listOf, readRecordingExtensions, TLibServer } from '#src/cti';
import type { StatusEvent } from '#src/notification';
import { temporaryFolder, until } from '../../harness/processes.ts';

const callUuid = '00RV9H7S6O8V3BSHAG7GK2LAES00002M';
const call = { ThisDN: '3556', OtherDN: '0412', ConnID: '0071022ec8ac8056', CallUUID: callUuid };

/** A webhook that takes everything. */
async function webhook() {
  const taken: StatusEvent[] = [];
  const server = createServer((request, response) => {
    void json(request).then((event) => {
      taken.push(event as StatusEvent);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A telephony server that grants everything, and remembers which recordings were asked for and who it was. */
async function telephony() {
  const ids: (string | undefined)[] = [];
  const attached: unknown[] = [];
  const server = await TLibServer.listen({
    host: '127.0.0.1',
    port: 0,
    handler: {
      request(request, client) {
        if (request.message === 'RequestPrivateService') {
          ids.push(readRecordingExtensions(request.attributes.Extensions).id);
          client.acknowledge(request);
        } else if (request.message === 'RequestQueryAddress') {
          const { ThisDN } = request.attributes;
          client.answer(request, 'EventAddressInfo', { ThisDN, Extensions: listOf({ AgentStatus: 2 }) });
        } else {
          if (request.message === 'RequestUpdateUserData') attached.push(request.attributes.UserData);
          client.acknowledge(request);
        }
      },
    },
  });
  onTestFinished(() => server.close());
  const watched = () => server.clients.flatMap(({ dns }) => [...dns]).sort();
  return { server, ids, attached, watched };
}

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder('core');
  return () => folder.remove();
});

it('R-CFG-3, R-CFG-4, R-CFG-5, R-NOT-1, R-NOT-2: keeps two tenants with the same DNs apart, and takes changed settings unless they are wrong', async () => {
  const [bank, shop] = [await telephony(), await telephony()];
  const { taken, url } = await webhook();
  const configFile = join(folder.path, 'twinreel.yaml');
  const tenant = (name: string, { server }: typeof bank, more: object = {}) => ({
    name,
    switches: [{ name: 'Main', servers: [`127.0.0.1:${server.endpoint.port}`], dns: ['3556', '3557'] }],
    ...more,
  });
  const write = (...tenants: object[]) =>
    writeFileSync(configFile, stringify({ dataDir: folder.path, core: { linkPort: 0, tenants } }));
  write(
    tenant('Bank', bank, {
      userData: [{ key: 'Pin', name: 'PIN' }],
      webhooks: [{ url, secret: 'a secret of sixteen' }],
    }),
    tenant('Shop', shop, { otherUserData: false }),
  );
  const config = loadConfig(configFile);
  const layout = layoutOf(config);
  const lines: string[] = [];
  const core = await startCore({
    config,
    layout,
    configFile,
    redisPlace: undefined,
    log: pino({}, { write: (line) => void lines.push(line) }),
    onFailure: (why) => lines.push(why),
  });
  onTestFinished(() => core.stop());
  await until('both to be registered', () => bank.watched().length === 2 && shop.watched().length === 2);

  for (const [which, { server }] of [
    ['Bank', bank],
    ['Shop', shop],
  ] as const) {
    const event = { ...call, CallType: callTypes.inbound, UserData: listOf({ Pin: which }) };
    server.publish('EventRinging', event);
    server.publish('EventEstablished', event);
  }
  await until('both to be asked for', () => bank.ids.length === 1 && shop.ids.length === 1);
  expect(bank.ids[0]).not.toBe(shop.ids[0]);
  const couples = await coreControl.couples(layout.coreSocket);
  expect(couples.map((couple) => [couple.tenant, couple.callUuid, couple.recordingId]).sort()).toEqual([
    ['Bank', callUuid, bank.ids[0]],
    ['Shop', callUuid, shop.ids[0]],
  ]);
  const pinOf = (name: string) => couples.find((couple) => couple.tenant === name)!;
  expect(pinOf('Bank')).toMatchObject({ externalData: { GEN_USR_Pin: 'Bank' }, displayNames: { GEN_USR_Pin: 'PIN' } });
  expect(pinOf('Shop').externalData).not.toHaveProperty('GEN_USR_Pin');

  for (const { attached } of [bank, shop]) {
    await until('the notification', () => attached.length > 0);
    expect(attached[0]).toEqual([
      ['RECORDING_STATUS_GIM', 'RECORDING_NO'],
      ['RECORDING_VIDEO_STATUS_GIM', 'RECORDING_NO'],
    ]);
  }
  await until('the webhook', () => taken.length > 0);
  expect(taken.map(({ tenant, audio, n }) => [tenant, audio, n])).toEqual([['Bank', 'not-recording', 1]]);

  const connections = bank.server.clients;
  write(tenant('Bank', bank, { excludeDns: ['3557'] }), tenant('Shop', shop, { geoLocation: 'source' }));
  await until('the DN to be left', () => bank.watched().join() === '3556');
  expect(shop.watched()).toEqual(['3556', '3557']);
  expect(bank.server.clients).toEqual(connections);
  const good = await coreControl.tenants(layout.coreSocket);
  expect(good).toMatchObject({ settings: { phase: 'taken', changed: ['core.tenants'], waiting: [] } });
  expect(good.tenants.map(({ name, switches }) => [name, switches[0]])).toEqual([
    ['Bank', { name: 'Main', dns: 1, leftOut: 1 }],
    ['Shop', { name: 'Main', dns: 2, leftOut: 0 }],
  ]);

  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('source', 'sideways'));
  core.reload();
  const refused = await until('the refusal', async () => {
    const { settings } = await coreControl.tenants(layout.coreSocket);
    return settings.phase === 'refused' && settings;
  });
  expect(refused.why).toContain('core.tenants.1.geoLocation: "sideways" is not allowed; one of do-not-send, source');
  expect([bank.watched(), shop.watched()]).toEqual([['3556'], ['3556', '3557']]);
  expect(lines.join('')).toContain('those before stay in force');
  const shown = await new Promise<string>((resolve) => {
    const good = join(folder.path, 'shown.yaml');
    writeFileSync(good, stringify({ dataDir: folder.path }));
    execFile(process.execPath, ['dist/ops/cli/twinreel.js', 'tenants', '--config', good], (_error, text) =>
      resolve(text),
    );
  });
  expect(shown).toContain('settings   refused at');
  expect(shown).toMatch(/Bank +own +Main +1 +1 +callrec +all +3557/);
});
