// Reads WAV files of the kinds that telephony uses: 16-bit PCM, A-law and mu-law, any number of channels. Off line only.
//
//   "RIFF" <size> "WAVE", then chunks: <id, 4 bytes> <size, 32 bits little-endian> <bytes, padded to an even number>
//   "fmt ": format, channels (16 bits each), sample rate, bytes per second (32 each), block align, bits per sample (16 each)
//   "data": samples, channels interleaved

import { TwinreelError } from '#src/errors';
import { pcmaDecoder, pcmuDecoder } from '#src/media/codec';

/** Sound read from a file: one array of samples for each channel, all equally long. */
export interface Wav {
  readonly sampleRateHz: number;
  readonly channels: readonly Int16Array[];
}

const [pcm, aLaw, muLaw] = [1, 6, 7];

/**
 * Reads the bytes of a WAV file.
 * @throws TwinreelError `wav-unreadable` when it is none, or of a kind that is not read.
 */
export function readWav(bytes: Buffer): Wav {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new TwinreelError('wav-unreadable', `a WAV file begins RIFF….WAVE, not ${bytes.toString('latin1', 0, 12)}`);
  }
  const format = chunk(bytes, 'fmt ');
  const data = chunk(bytes, 'data');
  const kind = format.readUInt16LE(0);
  const channelCount = format.readUInt16LE(2);
  const bitsPerSample = format.readUInt16LE(14);
  const interleaved = samplesOf(data, kind, bitsPerSample);
  if (!interleaved || channelCount === 0) {
    const found = `format ${kind} with ${bitsPerSample} bits and ${channelCount} channels`;
    throw new TwinreelError('wav-unreadable', `${found}; allowed are 1 with 16 bits, 6 and 7 with 8 bits`);
  }
  const frames = Math.floor(interleaved.length / channelCount);
  const channels = Array.from({ length: channelCount }, (_, channel) =>
    Int16Array.from({ length: frames }, (_, frame) => interleaved[frame * channelCount + channel]!),
  );
  return { sampleRateHz: format.readUInt32LE(4), channels };
}

function chunk(bytes: Buffer, id: string): Buffer {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === id) return bytes.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size & 1);
  }
  throw new TwinreelError('wav-unreadable', `a WAV file of ${bytes.length} bytes without a chunk "${id}"`);
}

function samplesOf(data: Buffer, kind: number, bitsPerSample: number): Int16Array | undefined {
  if (kind === muLaw && bitsPerSample === 8) return pcmuDecoder().decode(data);
  if (kind === aLaw && bitsPerSample === 8) return pcmaDecoder().decode(data);
  if (kind !== pcm || bitsPerSample !== 16) return undefined;
  return Int16Array.from({ length: Math.floor(data.length / 2) }, (_, index) => data.readInt16LE(2 * index));
}
