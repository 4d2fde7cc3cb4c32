import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FinishingThread } from '../../../cluster/recorder/finishing-thread.io.ts';
import { CaptureJournal } from '../../src/recording/capture-journal.ts';

const program = resolve('dist/cluster/processes/finisher.js');

function threadOf({ options }: CaptureJournal, other: { privateKey?: KeyObject } = {}): FinishingThread {
  const { journalDir, journalWriter, recordingsDir, privateKey, publicKey, signingKey, packetsMin } = options;
  const keys = { privateKey, publicKey, signingKey };
  const given = { journalDir, journalWriter, recordingsDir, ...keys, packetsMin, ffmpeg: '/nowhere/ffmpeg' };
  const thread = new FinishingThread({ ...given, ...other }, program);
  onTestFinished(() => thread.stop());
  return thread;
}

describe('the finishing thread', () => {
  it('R-REC-8: makes recordings of one batch after the other', async () => {
    const capture = new CaptureJournal();
    const thread = threadOf(capture);
    for (const name of ['p', 'q']) {
      const take = capture.call(name, { party: '1', packets: 50, lost: [3] });
      const folder = join(capture.recordingsDir, '2026-01-01', `take-${name}`);
      expect(await thread.finish([take])).toMatchObject([
        { take: `take-${name}`, recordingId: name, folder, packets: 49 },
      ]);
      expect(readdirSync(folder)).toEqual(['manifest.json', 'n1.rtp']);
    }
  });

  it('R-KEY-1: says with its code why a batch cannot be finished', async () => {
    const capture = new CaptureJournal();
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const thread = threadOf(capture, { privateKey });
    const finishing = thread.finish([capture.call('p', { party: '1', packets: 50 })]);
    await expect(finishing).rejects.toMatchObject({ code: 'journal-key-unusable' });
  });

  it('R-SUP-1: that ends refuses the batch in hand; the next one is finished', async () => {
    const capture = new CaptureJournal();
    const thread = threadOf(capture);
    const take = capture.call('p', { party: '1', packets: 50 });
    const inHand = thread.finish([take]);
    await Promise.all([expect(inHand).rejects.toMatchObject({ code: 'finishing-ended' }), thread.stop()]);
    expect(await thread.finish([take])).toMatchObject([{ take: 'take-p', packets: 50 }]);
  });
});
