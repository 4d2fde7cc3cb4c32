// The MP3 encoder of choice: the program lame, a child process that gets samples and gives frames. Where it is not installed, the one in
// WASM does the same. Used offline, never while recording.

import { encodedBy, isProgramThere } from './encoder-process.io.ts';
import type { Mp3Encoder, Mp3Shape } from './mp3.ts';
import { wasmMp3 } from './wasm-mp3.ts';

/** With this lame (a path, or a name to be found on the PATH), or the one in WASM where it cannot be started. */
export async function mp3EncoderWith(program: string): Promise<{ readonly name: 'lame' | 'wasm'; encode: Mp3Encoder }> {
  if (!(await isProgramThere(program))) return { name: 'wasm', encode: wasmMp3 };
  return { name: 'lame', encode: (samples, shape) => encodedBy(program, argumentsFor(shape), samples) };
}

function argumentsFor({ sampleRateHz, kbps }: Mp3Shape): string[] {
  const kHz = `${sampleRateHz / 1_000}`;
  const input = ['-r', '-s', kHz, '--bitwidth', '16', '--signed', '--little-endian'];
  // Two parties have nothing in common, so each channel is by itself; from quality 7 on there is no model of hearing, which costs most.
  const output = ['--resample', kHz, '--cbr', '-b', `${kbps}`, '-m', 's', '-q', '7', '--noreplaygain'];
  // Without its own first frame, in which a pipe leaves no room for what is known last.
  return ['--quiet', ...input, ...output, '-t', '-', '-'];
}
