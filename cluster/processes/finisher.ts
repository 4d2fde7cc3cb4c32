// The finishing thread of the recorder: makes recordings of batches of ended takes, one batch at a time.

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, type BatchEnd, type FinishingThreadOptions, finishedRecording } from '#cluster/recorder';
import { codeOf, messageOf } from '#src/errors';
import { decodersWith } from '#src/media/codec';
import { systemClock, systemRandom } from '#src/ports';
import { finishTakes, manifestDigest } from '#src/recording';

const recorder = parentPort;
if (!recorder) throw new Error('this is a thread of the recorder only');

// Of this thread alone, as Linux has it: where the processor is short, calls are answered first.
setPriority(0, 5);

const { ffmpeg, ...given } = workerData as FinishingThreadOptions;
const options = { ...given, decoders: await decodersWith(ffmpeg), clock: systemClock, random: systemRandom };
recorder.on('message', async (takes: Batch) => recorder.postMessage(await finished(takes)));

async function finished(takes: Batch): Promise<BatchEnd> {
  try {
    const folders = await finishTakes(takes, options);
    const recordings = folders.map(async (one) => finishedRecording(one, await manifestDigest(one.folder)));
    return { type: 'finished', recordings: await Promise.all(recordings) };
  } catch (error) {
    return { type: 'failed', code: codeOf(error), message: messageOf(error) };
  }
}
