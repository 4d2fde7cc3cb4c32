// A child of replay: makes the audio of one conversation after the other.

import { setPriority } from 'node:os';
import type { SandboxedJob } from '#cluster/jobs';
import { type AudioWork, doAudioWork, loadOpeningKeys } from '#cluster/replay';
import { layoutOf, loadConfig } from '#src/config';

// Calls are recorded first, where both run on one machine.
setPriority(10);

const config = loadConfig();
const privateKeys = await loadOpeningKeys(config, layoutOf(config));
const settings = { privateKeys, ffmpeg: config.recorder.ffmpeg, kbps: config.replay.kbps };

export async function decode({ data, progress }: SandboxedJob<AudioWork>): Promise<void> {
  await doAudioWork(data, settings, (share) => progress(share));
}
