// A real resource manager process before a real recording node.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { resourceManagerControl } from '#cluster/resource-manager';
import { startMsrSource } from '#ops/lab/msr-source';
import { layoutOf, loadConfig } from '#src/config';
import { startNode } from '../../harness/node.ts';
import { startProcess, temporaryFolder, until } from '../../harness/processes.ts';

/** Starts one with these settings, and waits until it is ready, or ends. */
async function start(resourceManager: object) {
  const folder = temporaryFolder('rm');
  onTestFinished(() => folder.remove());
  const configFile = join(folder.path, 'twinreel.yaml');
  writeFileSync(configFile, stringify({ dataDir: folder.path, resourceManager: { port: 0, ...resourceManager } }));
  const manager = await startProcess({
    command: 'dist/cluster/processes/resource-manager.js',
    env: { TWINREEL_CONFIG: configFile },
    ready: { line: /"msg":"ready"/ },
  });
  onTestFinished(async () => void (await manager.stop()));
  const socket = layoutOf(loadConfig(configFile)).resourceManagerSocket;
  return { manager, report: () => resourceManagerControl.report(socket) };
}

it.skipIf(!process.env['TWINREEL_FULL'])(
  'R-HA-4: a call is recorded through it, ends without it, and the recorder says how many streams it has',
  async () => {
    const node = await startNode();
    onTestFinished(() => node.stop());
    const { address, port } = node.sip;
    const { manager, report } = await start({
      monitorMs: 50,
      failuresMax: 100,
      groups: [{ name: 'FIRST', members: [{ aor: `sip:${address}:${port}` }] }],
    });
    const member = async () => (await report()).groups[0]!.members[0]!;
    await until('its own limit', async () => ((await member()).phase === 'up' ? true : undefined));
    const [, at] = /udp\/127\.0\.0\.1:(\d+)/.exec((await report()).listeners[0]!)!;
    const source = await startMsrSource({ recorder: { address: '127.0.0.1', port: Number(at) } });
    onTestFinished(() => source.close());
    const tone = { kind: 'tone', frequencyHz: 500, durationMs: 200 } as const;
    const call = source.call({
      form: 'per-party',
      recordId: 'r-1',
      parties: [
        { dn: '7001', audio: tone },
        { dn: '7002', audio: tone },
      ],
    });
    await call.said;
    await until('its two streams', async () => ((await member()).inUse === 2 ? true : undefined));
    expect(await member()).toMatchObject({ offered: 2, accepted: 2, capacity: 1_350 });
    manager.kill('SIGKILL');
    await manager.ended;
    await call.hangUp();
    expect(call.byeStatuses).toEqual([200, 200]);
    const { facts } = (await node.recording('r-1')).manifest;
    expect(facts.streams.map(({ packets }) => packets)).toEqual([10, 10]);
  },
);

it('R-CFG-5: without a group it says what is missing', async () => {
  await expect(start({})).rejects.toThrow(/resourceManager\.groups/);
});
