// A child of replay: makes the audio of one conversation after the other.

import { setPriority } from 'node:os';
import { type AudioWork, doAudioWork, loadOpeningKeys } from '#cluster/audio';
import type { SandboxedJob } from '#cluster/jobs';
import { layoutOf, loadConfig } from '#src/config';
import { mp3EncoderWith } from '#src/media';
import { decodersWith } from '#src/media/codec';

// Calls are recorded first, where both run on one machine.
setPriority(10);

const config = loadConfig();
const privateKeys = await loadOpeningKeys(config, layoutOf(config));
const decoders = await decodersWith(config.recorder.ffmpeg);
const { encode: mp3 } = await mp3EncoderWith(config.replay.lame);
const settings = { privateKeys, decoders, mp3, kbps: config.replay.kbps };

export async function decode({ data, progress }: SandboxedJob<AudioWork>): Promise<void> {
  await doAudioWork(data, settings, (share) => progress(share));
}
