// Two nodes on this machine, calls that flow, and one core after the other killed under them.

import { expect, it, onTestFinished } from 'vitest';
import { type CallEnd, Nodes, placeCall } from '#ops/cluster';
import { temporaryFolder } from '../harness/processes.ts';

const isFull = Boolean(process.env['TWINREEL_FULL']);

it.skipIf(!isFull)(
  'R-HA-2, R-SHD-2: either of two cores is killed under calls, and every call is one couple and recorded whole',
  async () => {
    const folder = temporaryFolder('cores');
    onTestFinished(() => folder.remove());
    const nodes = await Nodes.start({ count: 2, folder: folder.path, signal: AbortSignal.timeout(60_000) });
    onTestFinished(() => nodes.close());
    const calls: Promise<CallEnd>[] = [];
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    for (const { manager } of nodes.all) {
      for (let count = 0; count < 4; count += 1) {
        calls.push(placeCall(nodes, calls.length, 3_000));
        await pause(400);
      }
      const core = (await manager.list()).find(({ name }) => name === 'core')!;
      process.kill(core.pid, 'SIGKILL');
      for (let count = 0; count < 4; count += 1) {
        calls.push(placeCall(nodes, calls.length, 3_000));
        await pause(400);
      }
      await nodes.until('its next life to watch every DN', () => nodes.isWatched, 30_000);
    }
    const ends = await Promise.all(calls);
    expect(ends.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  },
  150_000,
);
