// Many calls on a real node, placed by SIPp: over a network that loses messages, and over TCP. No call may fail, none may be
// left, and each must have become a recording.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Relay, startRelay } from '#ops/lab/impair';
import { startNode, type TestNode } from '../harness/node.ts';
import { runSipp } from '../harness/sipp.ts';

const calls = process.env['TWINREEL_FULL'] ? 2_000 : 100;
const callsPerSecond = 100;
const callMs = 1_000;

let node: TestNode;
let relay: Relay;
beforeAll(async () => {
  // Calls whose BYE is lost live up to some seconds longer.
  node = await startNode({ calls: Math.min(calls, 5 * callsPerSecond) });
  relay = await startRelay({ target: node.sip, seed: 2_026, there: { lossRate: 0.02 }, back: { lossRate: 0.02 } });
});
afterAll(async () => {
  await relay.close();
  await node.stop();
});

async function place(name: string, target: { address: string; port: number }, transport: 'udp' | 'tcp' | 'tcp-each') {
  const before = await node.report();
  const result = await runSipp({
    scenario: 'msr-signalling',
    target: { address: target.address, port: target.port },
    transport,
    calls,
    callsPerSecond,
    pauseMs: callMs,
    runMsMax: (calls / callsPerSecond) * 1_000 + 90_000,
    injection: Array.from({ length: calls }, (_, call) => [`${name}-${call}`, `${name.toUpperCase()}${call}`]),
  });
  const { exitCode, succeeded, failed } = result;
  expect({ exitCode, succeeded, failed }, result.complaints.slice(0, 4_000)).toEqual({
    exitCode: 0,
    succeeded: calls,
    failed: 0,
  });
  await node.reported('every recording to be finished', ({ sessions, finished }) => {
    return sessions === 0 && Number(finished) - Number(before['finished']) === calls;
  });
}

describe('R-SIP-3: calls placed by SIPp', () => {
  it(`UDP, 2 of 100 messages lost each way: ${calls} calls, none fails`, async () => {
    await place('lossy', relay.local, 'udp');
    const { there, back } = relay.counters();
    expect(there.lost + back.lost).toBeGreaterThan(0.01 * (there.received + back.received));
    expect(there.refused + back.refused).toBe(0);
  });

  it(`TCP, one connection: ${calls} calls, none fails`, () => place('one', node.sip, 'tcp'));

  it(`TCP, a connection for each call: ${calls} calls, none fails`, () => place('each', node.sip, 'tcp-each'));
});
