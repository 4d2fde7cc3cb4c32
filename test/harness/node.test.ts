import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startNode } from './node.ts';

it('starts a node that takes calls, and leaves neither process nor file when it is stopped', async () => {
  const node = await startNode({ config: { node: 'harness-1', recorder: { streamsMax: 8 } }, calls: 4 });
  const { node: name, pids } = await node.card();
  const report = await node.report();
  await node.stop();
  expect(name).toBe('harness-1');
  expect(report).toMatchObject({ sessions: 0, streams: 0, streamsMax: 8 });
  const running = [pids.keeper, pids.edge!, pids.capture!, node.recorder.pid].filter(isAlive);
  expect(running).toEqual([]);
  expect(existsSync(node.layout.runDir)).toBe(false);
});

it('says what the processes said when the node does not come up', async () => {
  // An address of the documentation's (RFC 5737): no machine has it.
  await expect(startNode({ config: { sip: { address: '192.0.2.1' } } })).rejects.toThrow('EADDRNOTAVAIL');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
