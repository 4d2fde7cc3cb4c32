import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionState } from '#actors/session';
import { finishedRecording } from '#cluster/recorder';
import { finishTakes, type Take } from '#src/recording';
import { Finishing } from '../../../cluster/recorder/finishing.io.ts';
import { CaptureJournal } from '../../src/recording/capture-journal.ts';
import { sessionOf } from './session-of.ts';

function calls(capture: CaptureJournal, ...names: readonly string[]): SessionState[] {
  return names.map((name) => sessionOf(capture.call(name, { party: '1', packets: 50 }, { party: '2', packets: 50 })));
}

function finishingOf(capture: CaptureJournal, { batchMax = 100, attemptsMax = 3, gatherMs = 0 } = {}) {
  const said: string[] = [];
  const log = {
    info: (_: object, text: string) => void said.push(text),
    error: (fields: { alarm?: string; take?: string }, text: string) =>
      void said.push(`${fields.take}: ${fields.alarm ?? text}`),
  };
  const finishBatch = async (takes: readonly Take[]) => {
    return (await finishTakes(takes, capture.options)).map((one) => finishedRecording(one, 'aa'));
  };
  const { clock } = capture;
  return { finishing: new Finishing({ finishBatch, clock, batchMax, gatherMs, attemptsMax, log }), said };
}

/** What is said of a finished take of `calls`: where it is, and how many packets of each stream it holds. */
function finishedTake({ recordingsDir }: CaptureJournal, name: string) {
  const packets = { [`${name}-1`]: 50, [`${name}-2`]: 50 };
  return { folder: join(recordingsDir, '2026-01-01', `take-${name}`), packets };
}

function takesIn({ recordingsDir }: CaptureJournal): string[] {
  return readdirSync(join(recordingsDir, '2026-01-01')).sort();
}

describe('the queue of recordings to be finished', () => {
  it.each([1, 2, 100])(
    'R-REC-8: all that end in one moment are finished, %i at a time, and the backlog is seen',
    async (batchMax) => {
      const capture = new CaptureJournal();
      const { finishing } = finishingOf(capture, { batchMax });
      const finished = Promise.all(calls(capture, 'p', 'q', 'r').map((one) => finishing.finish(one)));
      expect(finishing).toMatchObject({ backlog: 3, finished: 0 });
      expect(await finished).toEqual(['p', 'q', 'r'].map((name) => finishedTake(capture, name)));
      await finishing.idle();
      expect(finishing).toMatchObject({ backlog: 0, finished: 3 });
      expect(takesIn(capture)).toEqual(['take-p', 'take-q', 'take-r']);
    },
  );

  /** A file stands where the folder of this take would be made. */
  function inTheWayOf(capture: CaptureJournal, take: string): string {
    const inTheWay = join(capture.recordingsDir, '2026-01-01', take);
    mkdirSync(join(capture.recordingsDir, '2026-01-01'), { recursive: true });
    writeFileSync(inTheWay, '');
    return inTheWay;
  }

  const failedOnce = 'take-q: recording not finished, tried again later';

  it('R-REC-8: one that cannot be finished does not hold the others back, and is tried again', async () => {
    const capture = new CaptureJournal();
    const { finishing, said } = finishingOf(capture);
    const inTheWay = inTheWayOf(capture, 'take-q');
    const [p, q, r] = calls(capture, 'p', 'q', 'r').map((one) => finishing.finish(one));
    await Promise.all([p, r]);
    await finishing.idle();
    expect(said).toContain(failedOnce);
    expect(finishing).toMatchObject({ backlog: 1, finished: 2, setAside: [] });
    rmSync(inTheWay);
    capture.clock.advance(1_000);
    await q;
    expect(takesIn(capture)).toEqual(['take-p', 'take-q', 'take-r']);
    expect(finishing).toMatchObject({ backlog: 0, finished: 3 });
  });

  it('R-REC-8: one that is never finished is tried less and less often, then set aside with an alarm until somebody asks', async () => {
    const capture = new CaptureJournal();
    const { finishing, said } = finishingOf(capture, { attemptsMax: 4 });
    const inTheWay = inTheWayOf(capture, 'take-q');
    const finished = finishing.finish(calls(capture, 'q')[0]!);
    await finishing.idle();
    for (const waitMs of [1_000, 2_000, 4_000]) {
      const before = said.length;
      capture.clock.advance(waitMs - 1);
      await finishing.idle();
      expect(said).toHaveLength(before);
      capture.clock.advance(1);
      await finishing.idle();
      expect(said).toHaveLength(before + 1);
    }
    expect(said).toEqual([failedOnce, failedOnce, failedOnce, 'take-q: recording-set-aside']);
    expect(finishing).toMatchObject({ backlog: 0, setAside: ['take-q'] });
    capture.clock.advance(86_400_000);
    await finishing.idle();
    expect(said).toHaveLength(4);
    rmSync(inTheWay);
    expect(finishing.retry()).toEqual(['take-q']);
    await finished;
    expect(finishing).toMatchObject({ finished: 1, setAside: [] });
    expect(finishing.retry()).toEqual([]);
  });

  it('R-REC-8: at the end of the process nothing is tried any more', async () => {
    const capture = new CaptureJournal();
    const { finishing, said } = finishingOf(capture);
    inTheWayOf(capture, 'take-q');
    void finishing.finish(calls(capture, 'q')[0]!);
    await finishing.idle();
    await finishing.stop();
    capture.clock.advance(86_400_000);
    await finishing.idle();
    expect(said).toEqual([failedOnce]);
  });

  it('R-SUP-1: asked twice for a take that waits, it finishes it once and both hear of it', async () => {
    const capture = new CaptureJournal();
    const { finishing, said } = finishingOf(capture);
    const [session] = calls(capture, 'r');
    const [first, second] = await Promise.all([finishing.finish(session!), finishing.finish(session!)]);
    expect(second).toEqual(first);
    expect(said).toEqual(['recording finished']);
    await finishing.finish(session!);
    expect(takesIn(capture)).toEqual(['take-r']);
  });

  it('R-REC-8: while many end, those of a second go into one batch, and a full batch waits for nothing', async () => {
    const capture = new CaptureJournal();
    const { finishing } = finishingOf(capture, { batchMax: 2, gatherMs: 1_000 });
    const [p, q, r, s, t] = calls(capture, 'p', 'q', 'r', 's', 't');
    await finishing.finish(p!);
    const second = finishing.finish(q!);
    await new Promise((resolve) => setImmediate(resolve));
    expect(finishing).toMatchObject({ backlog: 1, finished: 1 });
    capture.clock.advance(1_000);
    await second;
    await Promise.all([r, s].map((one) => finishing.finish(one!)));
    void finishing.finish(t!);
    await finishing.stop();
    expect(finishing).toMatchObject({ backlog: 0, finished: 5 });
  });

  it('R-REC-8: what comes while a batch is in hand is finished after it', async () => {
    const capture = new CaptureJournal();
    const { finishing } = finishingOf(capture);
    const [first, second] = calls(capture, 'p', 'q');
    await finishing.finish(first!);
    const later = finishing.finish(second!);
    await finishing.idle();
    expect(await later).toEqual(finishedTake(capture, 'q'));
  });
});
