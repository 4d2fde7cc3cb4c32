// kill -9 of the edge under running calls: nobody notices. The keeper holds the SIP socket meanwhile, the journal of calls
// tells the next edge what there is, the recorder finds it where it was.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareLedger, type MsrCall, type MsrSource, startMsrSource } from '#ops/lab/msr-source';
import { startNode, type TestNode } from '../harness/node.ts';
import { until } from '../harness/processes.ts';

const count = process.env['TWINREEL_FULL'] ? 100 : 20;
let node: TestNode;
let source: MsrSource;
beforeAll(async () => {
  node = await startNode({ calls: count + 4 });
  source = await startMsrSource({ recorder: node.sip });
});
afterAll(async () => {
  await source?.close();
  await node?.stop();
});

const spoken = (calls: readonly MsrCall[], ms: number) =>
  until(`${ms} ms of every call`, () => calls.every(({ positionMs }) => positionMs >= ms));

async function killEdge(): Promise<void> {
  const before = await node.card();
  process.kill(before.pids.edge!, 'SIGKILL');
  const after = await until('the edge to be there again', async () => {
    const card = await node.card();
    return card.restarts.edge > before.restarts.edge && card.application !== null ? card : undefined;
  });
  // Whoever connects to it need not look for it.
  expect(after.application).toEqual(before.application);
}

it(`R-REC-5, R-SIP-3: kill -9 of edge under ${count} calls costs no packet and no call`, async () => {
  const calls = Array.from({ length: count }, (_, index) =>
    source.call({
      form: 'per-party',
      parties: [
        { dn: `${7_000 + index}`, audio: { kind: 'counters' } },
        { dn: `${555_000 + index}`, audio: { kind: 'counters' } },
      ],
    }),
  );
  await Promise.all(calls.map(({ answered }) => answered));
  await spoken(calls, 1_000);
  await killEdge();
  // Half of them end at once, before the recorder is connected again; the others go on for a while.
  const hurried = calls.filter((_, index) => index % 2 === 0);
  await Promise.all(hurried.map((call) => call.hangUp()));
  const others = calls.filter((_, index) => index % 2 === 1);
  await spoken(others, others[0]!.positionMs + 1_000);
  expect(await node.report()).toMatchObject({ streams: 2 * others.length });
  await killEdge();
  await spoken(others, others[0]!.positionMs + 500);
  await Promise.all(others.map((call) => call.hangUp()));
  await node.reported('every session to be finished', ({ sessions }) => sessions === 0);

  expect(calls.flatMap(({ byeStatuses }) => byeStatuses)).toEqual(calls.flatMap(() => [200, 200]));
  const recordings = new Map((await node.recordings()).map((one) => [one.manifest.facts.recordingId, one]));
  expect(recordings.size).toBe(count);
  const received = [];
  for (const { recordId } of calls) {
    const recording = recordings.get(recordId)!;
    expect(recording.manifest.facts).toMatchObject({ endReason: 'bye', problems: [] });
    received.push(await node.packets(recording));
  }
  const comparison = compareLedger(
    calls.flatMap((call) => [...call.sent()]),
    received.flat(),
  );
  expect(comparison).toMatchObject({ missing: 0, extra: 0, repeated: 0 });
  expect(source.sendFailures).toBe(0);
});

it('R-SIP-3: kill -9 of edge with INVITEs on their way: the next edge answers every one of them', async () => {
  // The recorder hears nothing meanwhile: the edge has INVITEs that nobody has answered, not even with a 100.
  node.recorder.kill('SIGSTOP');
  const { edge } = (await node.card()).pids;
  const calls = Array.from({ length: 12 }, (_, index) =>
    source.call({
      form: 'per-party',
      parties: [
        { dn: `${8_000 + index}`, audio: { kind: 'counters' } },
        { dn: `${556_000 + index}`, audio: { kind: 'counters' } },
      ],
    }),
  );
  await new Promise((wake) => setTimeout(wake, 120));
  process.kill(edge!, 'SIGKILL');
  node.recorder.kill('SIGCONT');
  await Promise.all(calls.map(({ answered }) => answered));
  await spoken(calls, 500);
  await Promise.all(calls.map((call) => call.hangUp()));
  await node.reported('every session to be finished', ({ sessions }) => sessions === 0);
  expect(calls.flatMap(({ byeStatuses }) => byeStatuses)).toEqual(calls.flatMap(() => [200, 200]));
});
