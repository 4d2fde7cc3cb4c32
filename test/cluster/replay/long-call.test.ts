// A conversation of hours is made audible in the memory of one of minutes: its sound is never there as a whole.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readPeaks } from '#src/media';
import { audioFile, peaksFile, readAudioReport } from '#src/recording';
import { placeJournalKeys } from '../../harness/journal-keys.ts';
import { startProcess, temporaryFolder } from '../../harness/processes.ts';
import { toneRecording } from '../../src/recording/tone-recording.ts';

const hours = 4;

// Its packets alone take a minute to write. The quick form, that packets are rendered as they are read, stands with stereo.
it.skipIf(!process.env['TWINREEL_FULL'])(
  'R-RPL-3: the job for a conversation of four hours stays below 400 MiB',
  async () => {
    const folder = temporaryFolder('long-call');
    onTestFinished(() => folder.remove());
    const toMs = hours * 3_600_000;
    const tones = [
      { party: '1', hz: 440, fromMs: 0, toMs },
      { party: '2', hz: 1_000, fromMs: 0, toMs },
    ];
    const recording = await toneRecording(join(folder.path, 'recordings'), { take: 'a', tones });
    placeJournalKeys(join(folder.path, 'data', 'keys'));
    const config = join(folder.path, 'twinreel.yaml');
    writeFileSync(config, JSON.stringify({ dataDir: join(folder.path, 'data') }));
    const audio = join(folder.path, 'audio', 'one');
    const work = {
      tenant: 'acme',
      conversation: 'c',
      folders: [recording],
      channels: { 1: 'left', 2: 'right' },
      folder: audio,
    };
    const program = `
    const { decode } = await import('./dist/cluster/processes/decoding.js');
    await decode({ data: ${JSON.stringify(work)}, progress() {} });
    console.log('MiB ' + Math.round(process.resourceUsage().maxRSS / 1024));`;
    const job = await startProcess({
      command: process.execPath,
      args: ['--input-type=module', '-e', program],
      env: { TWINREEL_CONFIG: config },
    });
    expect(await job.ended, job.output()).toEqual({ exitCode: 0, signal: null });
    expect((await readAudioReport(audio))?.lengthMs).toBe(toMs);
    // 32 kbit/s, and one frame or two of what an encoder adds.
    expect(statSync(join(audio, audioFile)).size / (4 * toMs)).toBeCloseTo(1, 3);
    expect(readPeaks(readFileSync(join(audio, peaksFile))).left.length).toBe(2 * (toMs / 20));
    expect(Number(/MiB (\d+)/.exec(job.output())![1])).toBeLessThan(400);
  },
);
