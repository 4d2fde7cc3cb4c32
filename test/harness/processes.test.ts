import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startProcess, temporaryFolder, until } from './processes.ts';

const script = (code: string) => ({ command: process.execPath, args: ['-e', code] });
const lives = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('processes', () => {
  it('waits for a line, and stops what ignores the request to stop', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready: 7');`;
    const running = await startProcess({ ...script(stubborn), ready: { line: /ready: \d/ } });
    expect(running.output()).toContain('ready: 7');
    const end = await running.stop(50);
    expect(end.signal).toBe('SIGKILL');
    expect(lives(running.pid)).toBe(false);
  });

  it('takes the child of a child along', async () => {
    const parent = `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); console.log('child ' + child.pid);`;
    const running = await startProcess({ ...script(parent), ready: { line: /child \d+\n/ } });
    const pid = Number(/child (\d+)/.exec(running.output())![1]);
    await running.stop();
    await until('the grandchild to be gone', () => !lives(pid));
  });

  it('waits for a file', async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'up');
    const code = `require('node:fs').writeFileSync(${JSON.stringify(file)}, ''); setInterval(() => {}, 1000);`;
    const running = await startProcess({ ...script(code), ready: { file } });
    expect(existsSync(file)).toBe(true);
    await running.stop();
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it('reports the output of a child that ends too early, or cannot be started', async () => {
    const failing = { ...script(`console.error('no such thing'); process.exit(3)`), ready: { line: /ready/ } };
    await expect(startProcess(failing)).rejects.toThrow(/"exitCode":3[\s\S]*no such thing/);
    await expect(startProcess({ command: '/nowhere/at-all' })).rejects.toThrow(/cannot start \/nowhere\/at-all/);
  });

  it('crashes a child on request and says how it ended', async () => {
    const running = await startProcess({
      ...script(`setInterval(() => {}, 1000); console.log('up')`),
      ready: { line: /up/ },
    });
    running.kill('SIGKILL');
    expect(await running.ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await running.stop();
  });

  it('removes a folder with what it holds', () => {
    const folder = temporaryFolder('kept');
    writeFileSync(join(folder.path, 'something'), 'x');
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });
});
