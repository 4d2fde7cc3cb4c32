import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { seatedKeeper } from '#cluster/keeper';
import { type RunningProcess, startProcess, until } from '../../harness/processes.ts';
import { isAlive, startNode, type TestNode } from './node.ts';

const nodes: TestNode[] = [];
const attendants: RunningProcess[] = [];
afterEach(async () => {
  for (const attendant of attendants.splice(0)) await attendant.stop();
  for (const node of nodes.splice(0)) await node.stop();
});

/** A node, and a second keeper of it, as a new process manager would start it. */
async function attended(): Promise<{ node: TestNode; attendant: RunningProcess }> {
  const node = await startNode();
  nodes.push(node);
  const attendant = await startProcess({
    command: 'dist/cluster/processes/keeper.js',
    env: { TWINREEL_OPTIONS: JSON.stringify(node.keeperOptions) },
    ready: { line: /attending it/ },
  });
  attendants.push(attendant);
  return { node, attendant };
}

describe('the seat of the keeper', () => {
  it('R-OPS-5: a keeper that finds one attends it: sockets and children stay, an order to stop is passed on', async () => {
    const { node, attendant } = await attended();
    const { pids } = await node.card();
    expect(pids.keeper).toBe(node.keeper.pid);
    attendant.kill('SIGTERM');
    expect(await attendant.ended).toEqual({ exitCode: 0, signal: null });
    expect(await node.keeper.ended).toEqual({ exitCode: 0, signal: null });
    expect([pids.edge!, pids.capture!].filter(isAlive)).toEqual([]);
    expect(existsSync(join(node.runDir, 'node.json'))).toBe(false);
  });

  it('R-OPS-5: when the keeper is killed, the one that attended takes its place', async () => {
    const { node, attendant } = await attended();
    node.keeper.kill('SIGKILL');
    const card = await node.card(({ pids }) => pids.keeper === attendant.pid);
    expect([card.pids.edge!, card.pids.capture!].map(isAlive)).toEqual([true, true]);
    expect(await seatedKeeper(node.runDir)).toBeDefined();
  });

  it('is free where a keeper stopped or was killed', async () => {
    const node = await startNode();
    nodes.push(node);
    node.keeper.kill('SIGKILL');
    await node.keeper.ended;
    expect(await until('a free seat', async () => (await seatedKeeper(node.runDir)) === undefined)).toBe(true);
  });
});
