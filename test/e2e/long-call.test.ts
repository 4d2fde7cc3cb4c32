// Calls that last longer than a segment of the capture journal lives: here a second, else a quarter of an hour.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareLedger, type MsrCall } from '#ops/lab/msr-source';
import { segmentsOf } from '#src/journal';
import { captureWriter } from '#src/media/capture';
import type { StoredRecording } from '#src/recording';
import { until } from '../harness/processes.ts';
import { agentHz, counters, customerHz, setStage, spoken, spokenOn, tone } from './stage.ts';

const lifeMs = 1_000;
const stage = setStage({ config: { capture: { segmentLifeMsMax: lifeMs }, recorder: { lingerMs: 100 } } });

/** A segment is written, one waits to be copied, one is being copied: and a slow machine is a round behind with each. */
const segmentsMax = 6;

function segments(): string[] {
  return segmentsOf({ folder: stage.node.layout.captureJournalDir, writer: captureWriter });
}

function parts(): string[] {
  const folder = join(stage.node.layout.recordingsDir, '.parts');
  return existsSync(folder) ? readdirSync(folder).flatMap((take) => readdirSync(join(folder, take))) : [];
}

/** The most segments that there were at once, and all that there ever were, while `all` happens. */
async function watched(all: Promise<unknown>): Promise<{ most: number; ever: number }> {
  let most = 0;
  const ever = new Set<string>();
  let phase: 'watching' | 'over' = 'watching';
  const over = all.finally(() => {
    phase = 'over';
  });
  while (phase === 'watching') {
    const now = segments();
    most = Math.max(most, now.length);
    for (const segment of now) ever.add(segment);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await over;
  return { most, ever: ever.size };
}

async function judged(call: MsrCall, recording: StoredRecording) {
  return compareLedger([...call.sent()], await stage.node.packets(recording));
}

async function nothingIsLeft(): Promise<void> {
  await until('parts and segments to be given back', () => parts().length === 0 && segments().length <= 2);
}

async function killCapture(): Promise<void> {
  const before = await stage.node.card();
  process.kill(before.pids.capture!, 'SIGKILL');
  await until('capture to be there again', async () => {
    const card = await stage.node.card();
    return card.restarts.capture > before.restarts.capture && card.controlSocket !== null;
  });
}

describe('a call that outlives the segments of the journal', () => {
  it('R-REC-5, R-REC-8: is copied out of them while it runs, and is the ledger of its sender exactly', async () => {
    const call = stage.call({
      parties: [
        { dn: '7001', audio: counters },
        { dn: '5550142', audio: counters },
      ],
    });
    const { most, ever } = await watched(spoken(call, 12 * lifeMs));
    expect(ever).toBeGreaterThanOrEqual(10);
    expect(most).toBeLessThanOrEqual(segmentsMax);
    expect(parts().length).toBeGreaterThan(segmentsMax);
    expect((await stage.node.report())['toCopy']).toBeLessThanOrEqual(segmentsMax);
    const recording = await stage.recorded(call);
    expect(await judged(call, recording)).toMatchObject({ missing: 0, extra: 0, repeated: 0 });
    expect(recording.manifest.facts.problems).toEqual([]);
    await nothingIsLeft();
  });

  it('R-REC-5, R-SUP-1: with kill -9 of the recorder, and of capture, in the middle', async () => {
    const call = stage.call({
      parties: [
        { dn: '7001', audio: counters },
        { dn: '5550142', audio: counters },
      ],
    });
    await spoken(call, 3.5 * lifeMs);
    await stage.node.restartRecorder();
    await spokenOn(call, 3 * lifeMs);
    await killCapture();
    await spokenOn(call, 3 * lifeMs);
    await stage.node.restartRecorder();
    await spokenOn(call, 3 * lifeMs);
    // They pile up while nobody copies; the call goes on, and they are given back.
    await until('segments to be copied out of', () => segments().length <= segmentsMax);
    const recording = await stage.recorded(call);
    const { missing, ...rest } = await judged(call, recording);
    expect(rest).toMatchObject({ extra: 0, repeated: 0 });
    // One unwritten block of capture, of each stream.
    expect(missing).toBeLessThanOrEqual(2 * 2);
    const { streams, problems } = recording.manifest.facts;
    expect(streams.reduce((sum, { lost }) => sum + lost, 0)).toBe(missing);
    expect(problems.filter(({ code }) => code !== 'packets-lost')).toEqual([]);
    await nothingIsLeft();
  });

  it('R-REC-6: what is said in a pause is in no part of it, and it keeps its length', async () => {
    const call = stage.call({ audio: [tone(agentHz), tone(customerHz)] });
    await spoken(call, 2 * lifeMs);
    await stage.node.command('pause', call.recordId);
    const pausedMs = call.positionMs;
    await spokenOn(call, 3 * lifeMs);
    await stage.node.command('resume', call.recordId);
    const resumedMs = call.positionMs;
    await spokenOn(call, 3 * lifeMs);
    const recording = await stage.recorded(call);
    const { left, lengthMs } = await stage.hear(recording);
    expect(left.peak(pausedMs + 500, resumedMs - 500)).toBe(0);
    expect(left.levelDb(agentHz, resumedMs + 500, resumedMs + 2_000)).toBeGreaterThan(-20);
    expect(lengthMs).toBeGreaterThanOrEqual(8 * lifeMs);
    expect(recording.manifest.facts.problems).toEqual([]);
  });
});
