// FLAC by the program flac: samples in, the same samples out, in a little more than half the bytes. Used offline, never while recording.

import { TwinreelError } from '#src/errors';
import { encodedBy, isProgramThere } from './encoder-process.io.ts';

export interface FlacShape {
  readonly sampleRateHz: number;
  /** Samples of each of two channels. */
  readonly frames: number;
}

/** Left and right in turn, in pieces; gives the file in pieces. */
export type FlacEncoder = (samples: AsyncIterable<Int16Array>, shape: FlacShape) => AsyncIterable<Uint8Array>;

const frameBytes = 4;
/** Of 4,096 samples at the most; one that cannot be packed takes these more than its samples. */
const framesPerBlock = 4_096;
const blockOverheadBytes = 32;
const headBytesMax = 1_024;

/**
 * With this flac: a path, or a name to be found on the PATH.
 * @throws TwinreelError `flac-encoder-missing`
 */
export async function flacEncoderWith(program: string): Promise<FlacEncoder> {
  if (!(await isProgramThere(program))) {
    const message = `${program} cannot be started here, which makes FLAC (Debian: apt-get install flac); WAV holds the same samples`;
    throw new TwinreelError('flac-encoder-missing', message, { program });
  }
  return (samples, shape) => encodedBy(program, argumentsFor(shape), samples);
}

export function flacBytesMax({ frames }: FlacShape): number {
  return headBytesMax + frames * frameBytes + Math.ceil(frames / framesPerBlock + 1) * blockOverheadBytes;
}

function argumentsFor({ sampleRateHz, frames }: FlacShape): string[] {
  const input = ['--force-raw-format', '--endian=little', '--sign=signed', '--channels=2', '--bps=16'];
  // It cannot go back to its beginning in a pipe: how long it is has to be said first, and no room is left for what is known last.
  const length = [`--sample-rate=${sampleRateHz}`, `--input-size=${frames * frameBytes}`];
  return ['--silent', '--stdout', '--no-padding', '--no-seektable', ...input, ...length, '-'];
}
