import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recorderControl } from '#cluster/recorder';
import { type RecorderControls, serveControl } from '../../../cluster/recorder/control.io.ts';
import { temporaryFolder } from '../../harness/processes.ts';

function socketPath(): string {
  const folder = temporaryFolder('control');
  onTestFinished(() => folder.remove());
  return join(folder.path, 'recorder', 'control');
}

/** A recorder that holds one recording, `r / 1`, as two takes, and remembers what it was told. */
async function recorderAt(path: string, more: Partial<RecorderControls> = {}): Promise<string[]> {
  const told: string[] = [];
  const server = await serveControl(path, {
    report: async () => ({ sessions: 1, streams: 2 }),
    actors: () => ({ name: 'recorder', roots: [] }),
    retry: () => ['take-3'],
    async command(command, recording, by) {
      told.push(`${command} ${recording} by ${by}`);
      return recording === 'r / 1' ? ['take-1', 'take-2'] : [];
    },
    ...more,
  });
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
  return told;
}

/** What the recorder answers to a request as any HTTP client may make it. */
async function answerTo(path: string, method: string, target: string) {
  const asking = request({ socketPath: path, method, path: target }).end();
  const [response] = await once(asking, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) };
}

describe('how a person reaches a recorder', () => {
  it('R-OPS-1: what it holds and its actors can be asked for', async () => {
    const path = socketPath();
    await recorderAt(path);
    expect(await recorderControl.report(path)).toEqual({ sessions: 1, streams: 2 });
    expect(await recorderControl.actors(path)).toEqual({ name: 'recorder', roots: [] });
  });

  it('R-REC-8: what was set aside can be tried again', async () => {
    const path = socketPath();
    await recorderAt(path);
    expect(await recorderControl.retry(path)).toEqual(['take-3']);
  });

  it('R-REC-6: pause, resume and stop say who asked, and are answered with the takes they reached', async () => {
    const path = socketPath();
    const told = await recorderAt(path);
    for (const command of ['pause', 'resume', 'stop'] as const)
      expect(await recorderControl.command(path, command, 'r / 1', 'Ada & Bo')).toEqual(['take-1', 'take-2']);
    expect(told).toEqual(['pause r / 1 by Ada & Bo', 'resume r / 1 by Ada & Bo', 'stop r / 1 by Ada & Bo']);
  });

  it('R-REC-6: a recording that does not run is named in the error', async () => {
    const path = socketPath();
    await recorderAt(path);
    await expect(recorderControl.command(path, 'pause', 'x', 'Ada')).rejects.toMatchObject({
      code: 'recording-unknown',
      message: "no recording 'x' is running",
    });
  });

  it('R-OPS-1: a recorder that is not there is named by its socket', async () => {
    const path = socketPath();
    await expect(recorderControl.report(path)).rejects.toMatchObject({
      code: 'recorder-unreachable',
      message: expect.stringContaining(path),
    });
  });

  it('R-OPS-1: a recorder that cannot answer says why', async () => {
    const path = socketPath();
    await recorderAt(path, { report: () => Promise.reject(new Error('sessions are restarting')) });
    await expect(recorderControl.report(path)).rejects.toMatchObject({
      code: 'recorder-unreachable',
      message: 'sessions are restarting',
    });
  });

  it.each([
    ['GET', '/recordings/r/pause'],
    ['POST', '/recordings/r/delete'],
    ['POST', '/report'],
    ['GET', '/'],
  ])('R-OPS-1: %s %s is nothing that can be asked', async (method, target) => {
    const path = socketPath();
    const told = await recorderAt(path);
    expect(await answerTo(path, method, target)).toMatchObject({ status: 404 });
    expect(told).toEqual([]);
  });

  it('R-OPS-1: a name that is no valid escape is an error, and the recorder goes on', async () => {
    const path = socketPath();
    await recorderAt(path);
    const answer = await answerTo(path, 'POST', '/recordings/%E0%A4%A/pause');
    expect(answer).toEqual({ status: 500, body: { error: 'URI malformed' } });
    expect(await recorderControl.report(path)).toMatchObject({ sessions: 1 });
  });

  it('R-OPS-2: the socket stands in a folder that only its user may enter', async () => {
    const path = socketPath();
    mkdirSync(dirname(path), { mode: 0o755 });
    await recorderAt(path);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  it('R-SUP-1: what a killed recorder left in its place does not keep the next one away', async () => {
    const path = socketPath();
    mkdirSync(dirname(path));
    writeFileSync(path, '');
    await recorderAt(path);
    expect(await recorderControl.report(path)).toMatchObject({ sessions: 1 });
  });
});
