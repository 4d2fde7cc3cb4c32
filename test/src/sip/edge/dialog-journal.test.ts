import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { DialogJournal } from '../../../../src/sip/edge/dialog-journal.io.ts';
import type { DialogRecord } from '../../../../src/sip/edge/dialog-ledger.ts';
import { journalKeys } from '../../../harness/journal-keys.ts';
import { MemoryFiles } from '../../journal/memory-files.ts';

const folder = '/edge';
/** As long as a segment takes facts, in steps shorter than what lies between two compactions. */
const roundMs = 900_000;
const stepsPerRound = 15;
const full = process.env['TWINREEL_FULL'] !== undefined;
const pointsPerStep = full ? 1 : 5;

function record(callId: string, localSequence: number): DialogRecord {
  const ends = { localTag: 'l', remoteTag: 'r', local: '<sip:us@h>;tag=l', remote: '<sip:them@h>;tag=r' };
  const numbers = { localSequence, remoteSequence: 1, routeSet: [], remoteTarget: 'sip:them@h' };
  return { dialog: { id: `${callId};from-tag=r`, callId, ...ends, ...numbers }, tags: [], peerUpdates: false };
}

async function open(files: MemoryFiles, life: number, alarms: string[] = []) {
  const clock = new VirtualClock(life * 86_400_000);
  const alarm = (message: string) => void alarms.push(message);
  const opened = await DialogJournal.open({ folder, ...journalKeys, clock, random: seededRandom(life), files, alarm });
  return { ...opened, clock };
}

/** A call that stays and one after the other that comes and goes, for some rounds; what was certain when it ended. */
async function live(files: MemoryFiles, rounds: number) {
  const certain = { kept: 0, gone: [] as string[], segmentsMost: 0 };
  const alarms: string[] = [];
  try {
    const { journal, clock } = await open(files, 1, alarms);
    for (let round = 1; round <= rounds && alarms.length === 0; round += 1) {
      journal.keep(record('passing', round), 'now');
      journal.ended('passing;from-tag=r');
      journal.keep(record('steady', round), 'now');
      if (alarms.length === 0) certain.kept = round;
      for (let step = 0; step < stepsPerRound; step += 1) {
        clock.advance(roundMs / stepsPerRound);
        for (let turn = 0; turn < 3; turn += 1) await nextTurn();
      }
      certain.segmentsMost = Math.max(certain.segmentsMost, files.list(folder).length);
    }
  } catch {}
  return certain;
}

describe("the edge's journal of calls", () => {
  it('R-SUP-1: takes no more room after weeks: what was over is deleted once the rest has been repeated', async () => {
    const files = new MemoryFiles();
    const { kept, segmentsMost } = await live(files, 60);
    expect(kept).toBe(60);
    expect(segmentsMost).toBeLessThanOrEqual(3);
  });

  it('R-SUP-1: a kill at any point costs no call that was kept, and brings none back', async () => {
    const whole = new MemoryFiles();
    await live(whole, 4);
    expect(whole.operations).toBeGreaterThan(40);
    for (let point = 0; point <= whole.operations; point += pointsPerStep) {
      const ended = new MemoryFiles();
      ended.operationsMax = point;
      const { kept } = await live(ended, 4);
      const alarms: string[] = [];
      const { contents } = await open(ended.copy(), 2, alarms);
      const [steady, ...others] = contents.dialogs.filter(({ dialog }) => dialog.callId === 'steady');
      expect(others).toEqual([]);
      if (kept > 0) expect(steady!.dialog.localSequence).toBeGreaterThanOrEqual(kept);
      // The call that was ended is there at most in the round that was cut short.
      const passing = contents.dialogs.find(({ dialog }) => dialog.callId === 'passing');
      if (passing) expect(passing.dialog.localSequence).toBe(kept + 1);
    }
  });
});
