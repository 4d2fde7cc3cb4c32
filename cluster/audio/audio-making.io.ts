// Does one job: merges the recordings of a conversation and makes their audio. Runs in a child process, which may die of it.

import type { KeyObject } from 'node:crypto';
import type { Mp3Encoder, Party } from '#src/media';
import type { DecoderRegistry } from '#src/media/codec';
import { readAudioReport, readRecording, renderAudio } from '#src/recording';
import { type MergedRecording, readMerged } from '#src/recording/merge';
import type { AudioWork } from './audio-work.ts';

export interface AudioSettings {
  readonly privateKeys: readonly KeyObject[];
  readonly decoders: DecoderRegistry;
  readonly mp3: Mp3Encoder;
  readonly kbps: number;
}

/** Beside the audio: what merging gave, as consolidation takes it. */
export const mergedName = 'merged';

/** Resolves when the folder of the work is there; twice is as once. Rejects with what reading the recordings rejects with. */
export async function doAudioWork(
  { folders, channels, clocks, folder }: AudioWork,
  { privateKeys, ...settings }: AudioSettings,
  onProgress: (share: number) => void,
): Promise<void> {
  if (await readAudioReport(folder)) return;
  const read = await readMerged(await Promise.all(folders.map(readRecording)), { privateKeys, clocks });
  const { left, right } = sidesOf(read, channels);
  const options = { ...settings, onProgress };
  const more = read ? { [mergedName]: read.merged } : {};
  await renderAudio(left, right, folder, options, more);
}

/** Who is heard where. */
export function sidesOf(
  read: MergedRecording | undefined,
  channels: AudioWork['channels'],
): { readonly left: Party; readonly right: Party } {
  const heard = (side: 'left' | 'right'): Party => ({
    streams: (read?.voices ?? []).filter((_, index) => {
      const { party, channel } = read!.merged.tracks[index]!;
      const place = channel === 'both' ? channel : (channels[party] ?? 'both');
      return place === side || place === 'both';
    }),
  });
  return { left: heard('left'), right: heard('right') };
}
