import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../harness/processes.ts';
import { LedgerSender } from '../../src/media/capture/sender.ts';
import { isAlive, startNode, type TestNode } from './node.ts';

const nodes: TestNode[] = [];
const senders: LedgerSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) sender.close();
  for (const node of nodes.splice(0)) await node.stop();
});

const stream = { silenceMsMax: 60_000, paused: false, rtcpMux: false };

describe('the heir of a keeper', () => {
  it('R-OPS-5: reloading the keeper twice under running streams loses no packet; an order to stop reaches the last heir', async () => {
    const node = await startNode();
    nodes.push(node);
    const sender = await LedgerSender.open();
    senders.push(sender);
    const names = ['first', 'second'];
    const client = await node.connect();
    const opened = new Map<string, Awaited<ReturnType<typeof client.open>>>();
    for (const name of names) opened.set(name, await client.open({ ...stream, stream: name }));
    const send = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1)
        for (const name of names) await sender.send(name, opened.get(name)!);
    };
    await send(20);
    const keepers = [node.keeper.pid];
    for (let reload = 0; reload < 2; reload += 1) {
      node.keeper.kill('SIGHUP');
      await send(20);
      const card = await node.card(({ pids }) => !keepers.includes(pids.keeper));
      keepers.push(card.pids.keeper);
      await send(20);
    }
    // The first one stays, for its process manager; the heir in between has gone.
    await until('one heir', () => !isAlive(keepers[1]!));
    expect(keepers.map(isAlive)).toEqual([true, false, true]);

    const again = await node.connect();
    await again.gates({ paused: [], running: names });
    for (const name of names) await again.close(name);
    again.disconnect();
    const records = await node.read(names);
    for (const name of names) {
      const recorded = records.filter((one) => one.stream === name && one.kind === 'rtp');
      expect(recorded).toHaveLength(sender.ledger(name).length);
    }
    const { pids } = await node.card();
    await node.keeper.stop();
    await until('the end of all', () => ![pids.keeper, pids.capture!, pids.edge!].some(isAlive));
  });
});
