// What is heard in the finished recordings of a node.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '#src/config';
import { codeOf } from '#src/errors';
import { ensureKeyPair, loadPrivateKey } from '#src/journal';
import { readWav } from '#src/media';
import { destroyedFile, exportRecording, findRecordings, type StoredRecording } from '#src/recording';
import type { Sound } from './played-cluster.ts';

/** Those of an id whose media was not destroyed. */
export async function soundsAt(layout: Layout, recordingId: string): Promise<Sound[]> {
  const found = await findRecordings(layout.recordingsDir, recordingId).catch((error: unknown) => {
    if (codeOf(error) === 'recording-unknown') return [];
    throw error;
  });
  const whole = found.filter(({ folder }) => !existsSync(join(folder, destroyedFile)));
  return Promise.all(whole.map((recording) => soundOf(recording, layout)));
}

export async function soundOf(recording: StoredRecording, { keysDir }: Layout): Promise<Sound> {
  const privateKey = await loadPrivateKey((await ensureKeyPair(keysDir)).privateKeyFile);
  const pieces: Buffer[] = [];
  for await (const piece of exportRecording(recording, 'wav', privateKey)) pieces.push(piece);
  const { samples, sampleRateHz } = readWav(Buffer.concat(pieces));
  return { left: samples[0]!, right: samples[1]!, sampleRateHz };
}
