import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runTwinreel } from '../harness/node.ts';
import { freeUdpPorts } from '../harness/ports.ts';
import { startProcess, temporaryFolder, until } from '../harness/processes.ts';

/** `npm start` after its bootstrap, on ports and in a folder of its own. */
async function started(...args: readonly string[]) {
  const folder = temporaryFolder('start');
  onTestFinished(() => folder.remove());
  const portMin = await freeUdpPorts(16);
  const configFile = join(folder.path, 'twinreel.yaml');
  const lines = [
    `dataDir: ${folder.path}`,
    'sip: { port: 0 }',
    'edge: { port: 0 }',
    `capture: { portMin: ${portMin}, portMax: ${portMin + 15} }`,
  ];
  writeFileSync(configFile, `${lines.join('\n')}\n`);
  const command = 'dist/ops/start/start.js';
  const start = await startProcess({ command, args, env: { TWINREEL_CONFIG: configFile } });
  // Whatever a test that fails has left running ends with it.
  onTestFinished(async () => {
    await start.stop();
    for (const { pid } of processesOf(folder.path)) process.kill(pid, 'SIGKILL');
  });
  return { start, configFile, processes: () => processesOf(folder.path).filter(({ pid }) => pid !== start.pid) };
}

/** Every process of this machine that knows the folder: from its command line, its environment, or by working in it. */
function processesOf(folder: string): { readonly pid: number; readonly command: string }[] {
  const unlessEnded = (read: () => string) => {
    try {
      return read().replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      const command = unlessEnded(() => readFileSync(join('/proc', pid, 'cmdline'), 'utf8'));
      const environment = unlessEnded(() => readFileSync(join('/proc', pid, 'environ'), 'utf8'));
      const workingFolder = unlessEnded(() => readlinkSync(join('/proc', pid, 'cwd')));
      return { pid: Number(pid), command, known: [command, environment, workingFolder] };
    })
    .filter(({ known }) => known.some((text) => text.includes(folder)));
}

describe('npm start', () => {
  it('R-HA-6, R-REC-8, R-LAB-1, R-RPL-3: --once records the demonstration call, shows it when replay plays it, and leaves nothing running', async () => {
    const { start, configFile, processes } = await started('--once');
    const output = () => start.output();
    await until('the call', () => output().includes('speaking:'));
    expect(processes().map(({ command }) => command)).toEqual(
      expect.arrayContaining(
        ['redis-server', 'keeper.js', 'edge.js', 'capture.js', 'recorder.js', 'core.js'].map((name) =>
          expect.stringContaining(name),
        ),
      ),
    );
    expect(await start.ended, output()).toEqual({ exitCode: 0, signal: null });
    expect(output()).toMatch(/^up: SIP on udp\/127\.0\.0\.1:\d+, RTP on 127\.0\.0\.1/m);
    expect(output()).toMatch(/^parties {4}7001 \(left\), 5550142 \(right\)$/m);
    expect(output()).toMatch(/^problems {3}none$/m);
    // The whole way: phones, SIP Server, T-Lib, core, media server, recorder; one couple.
    expect(output().match(/^couple {5}/gm)).toHaveLength(1);
    expect(output()).toMatch(/^asked for {2}accepted/m);
    expect(output()).toMatch(/^problem {4}NO_PROBLEM$/m);
    const [, recorded, sent] = /^complete {3}(\d+) of (\d+) packets sent are recorded, 0 gaps$/m.exec(output())!;
    expect(recorded).toBe(sent);
    expect(output()).toMatch(/^replay {5}plays conversation \w+$/m);
    expect(processes()).toEqual([]);

    const take = /twinreel recordings export (\w+) --out call\.wav/.exec(output())![1]!;
    const shown = await runTwinreel(['recordings', 'show', take, '--json', '--config', configFile]);
    expect(JSON.parse(shown.stdout)).toMatchObject([{ facts: { take, endReason: 'bye', problems: [] } }]);
  });

  it('R-HA-6: stays up until it is interrupted, and then stops everything it started', async () => {
    const { start, processes } = await started();
    await until('the call', () => start.output().includes('speaking:'));
    expect(processes().length).toBeGreaterThanOrEqual(6);
    start.kill('SIGINT');
    expect(await start.ended).toEqual({ exitCode: 0, signal: null });
    expect(start.output()).toContain('stopped');
    expect(processes()).toEqual([]);
  });
});
