import { describe, expect, it } from 'vitest';
import { compareLedger, type MsrCall } from '#ops/lab/msr-source';
import type { StoredRecording } from '#src/recording';
import { until } from '../harness/processes.ts';
import { agentHz, counters, customerHz, setStage, spoken, tone } from './stage.ts';

const stage = setStage({ calls: 128 });

/** Calls whose every packet names itself, all answered. */
async function place(count: number): Promise<MsrCall[]> {
  const calls = Array.from({ length: count }, (_, index) =>
    stage.call({
      parties: [
        { dn: `${7_000 + index}`, audio: counters },
        { dn: `${555_000 + index}`, audio: counters },
      ],
    }),
  );
  await Promise.all(calls.map(({ answered }) => answered));
  return calls;
}

/**
 * Waits for a moment in which capture has read all that was sent, and no stream has sent twice within the time of a block:
 * what capture has not yet written is then one packet of each stream at the most.
 */
async function unhurried(calls: readonly MsrCall[], packetsBefore = 0): Promise<void> {
  const samples: { readonly atMs: number; readonly sent: number }[] = [];
  await until('a moment without haste', async () => {
    const { packets } = await stage.node.report();
    const sent = calls.flatMap(({ parties }) => parties).reduce((sum, { stream }) => sum + stream!.ledger.count, 0);
    const atMs = performance.now();
    const aBlockAgo = samples.findLast((one) => one.atMs < atMs - stage.node.config.capture.blockMs);
    samples.push({ atMs, sent });
    return aBlockAgo && packets === packetsBefore + sent && sent - aBlockAgo.sent <= 2 * calls.length;
  });
}

async function hungUp(calls: readonly MsrCall[]): Promise<StoredRecording[]> {
  await Promise.all(calls.map((call) => call.hangUp()));
  await stage.node.reported('every session to be finished', ({ sessions }) => sessions === 0);
  const recordings = new Map((await stage.node.recordings()).map((one) => [one.manifest.facts.recordingId, one]));
  return calls.map(({ recordId }) => recordings.get(recordId)!);
}

/** What each call's sender says of its recording. */
async function judged(calls: readonly MsrCall[], recordings: readonly StoredRecording[]) {
  const received = [];
  for (const recording of recordings) received.push(await stage.node.packets(recording));
  return compareLedger(
    calls.flatMap((call) => [...call.sent()]),
    received.flat(),
  );
}

describe('what was sent against what was recorded', () => {
  it('R-REC-2, R-REC-8: 100 calls at once, and not a packet is missing by the ledger of the sender', async () => {
    const calls = await place(100);
    expect(await stage.node.report()).toMatchObject({ sessions: 100, streams: 200 });
    await spoken(calls, 3_000);
    const recordings = await hungUp(calls);
    expect(await judged(calls, recordings)).toMatchObject({ missing: 0, extra: 0, repeated: 0 });
    expect(stage.source.sendFailures).toBe(0);
    expect(recordings.flatMap(({ manifest }) => manifest.facts.problems)).toEqual([]);
    expect(await stage.node.reported('every stream to be given back', ({ streams }) => streams === 0)).toMatchObject({
      backlog: 0,
      lost: 0,
    });
  });

  it('R-REC-3: sent four times as fast as it was spoken, the audio is as long as it was spoken', async () => {
    const call = stage.call({ transmitRate: 4, audio: [tone(agentHz, 8_000), tone(customerHz, 8_000)] });
    await call.said;
    const [recording] = await hungUp([call]);
    const { lengthMs, left, right } = await stage.hear(recording!);
    for (const ms of [lengthMs, left.toMs - left.fromMs, right.toMs - right.fromMs, recording!.manifest.facts.lengthMs])
      expect(Math.abs(ms - 8_000)).toBeLessThanOrEqual(20);
    expect(Math.abs(recording!.manifest.facts.lengthMs - lengthMs)).toBeLessThan(1);
    expect(left.levelDb(agentHz)).toBeGreaterThan(left.levelDb(customerHz) + 40);
    expect(right.levelDb(customerHz)).toBeGreaterThan(right.levelDb(agentHz) + 40);
    expect(await judged([call], [recording!])).toMatchObject({ sent: 800, missing: 0, extra: 0 });
    expect(recording!.manifest.facts.problems).toEqual([]);
  });

  it('R-REC-5: kill -9 of capture under 20 calls costs at most the unwritten block, and no call', async () => {
    const { packets: packetsBefore } = await stage.node.report();
    const calls = await place(20);
    await spoken(calls, 1_500);
    const before = await stage.node.card();
    await unhurried(calls, packetsBefore);
    process.kill(before.pids.capture!, 'SIGKILL');
    const after = await until('capture to be there again', async () => {
      const card = await stage.node.card();
      return card.restarts.capture > before.restarts.capture && card.controlSocket !== null ? card : undefined;
    });
    expect(after.restarts.capture).toBe(before.restarts.capture + 1);
    await spoken(calls, calls[0]!.positionMs + 1_500);
    expect(await stage.node.report()).toMatchObject({ sessions: 20, streams: 40 });
    const recordings = await hungUp(calls);
    const comparison = await judged(calls, recordings);
    expect(comparison).toMatchObject({ extra: 0, repeated: 0 });
    // What is missing is known to be missing, and is all that is wrong.
    const facts = recordings.map(({ manifest }) => manifest.facts);
    expect(facts.flatMap(({ streams }) => streams).reduce((sum, { lost }) => sum + lost, 0)).toBe(comparison.missing);
    expect(facts.flatMap(({ problems }) => problems).filter(({ code }) => code !== 'packets-lost')).toEqual([]);
    for (const [index, call] of calls.entries()) {
      const packets = await stage.node.packets(recordings[index]!);
      for (const { ssrc } of call.parties) {
        const ofParty = <Packet extends { readonly ssrc: number }>(all: Iterable<Packet>) =>
          [...all].filter((packet) => packet.ssrc === ssrc);
        const { missing } = compareLedger(ofParty(call.sent()), ofParty(packets));
        expect(missing).toBeLessThanOrEqual(1);
      }
    }
    expect((await Promise.all(calls.map(({ ended }) => ended))).flat()).toEqual(
      calls.flatMap(() => [{ reason: 'hung-up' }, { reason: 'hung-up' }]),
    );
  });
});
