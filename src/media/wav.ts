// WAV files: the header of what Twinreel writes, and a plain reader for what tests and the lab feed in.
//
//   | "RIFF" | size | "WAVE" | "fmt " | 16 | format | channels | rate | bytes/s | frame | bits | "data" | size | samples
//   |   4    |  4   |   4    |   4    | 4  |   2    |    2     |  4   |    4    |   2   |  2   |   4    |  4   |
//   all numbers little-endian

import { TwinreelError } from '#src/errors';
import { pcmaDecoder, pcmuDecoder } from '#src/media/codec';

/** 16-bit PCM of known length. */
export interface WavShape {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Samples of each channel. */
  readonly frames: number;
}

/** The 44 bytes in front of the samples. Throws `wav-too-long` where the format's 32-bit sizes end. */
export function wavHeader({ sampleRateHz, channels, frames }: WavShape): Buffer {
  const frameBytes = 2 * channels;
  const dataBytes = frames * frameBytes;
  if (dataBytes > dataBytesMax) {
    const allowed = Math.floor(dataBytesMax / frameBytes / sampleRateHz);
    const message = `a WAV file of ${Math.round(frames / sampleRateHz)} s is too long: at most ${allowed} s fit its 32-bit sizes`;
    throw new TwinreelError('wav-too-long', message, { frames, sampleRateHz, channels });
  }
  const header = Buffer.alloc(headerBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(headerBytes - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(formatPcm, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** A WAV file read whole: one array of samples for each channel. */
export interface Wav extends WavShape {
  readonly samples: readonly Int16Array[];
}

/** Reads 16-bit PCM, A-law or mu-law. Throws `wav-unreadable` with what it found. */
export function readWav(file: Buffer): Wav {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw unreadable('no RIFF/WAVE header');
  }
  let format: Buffer | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString('latin1', at, at + 4);
    const bytes = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + bytes);
    if (name === 'fmt ' && body.length >= 16) format = body;
    if (name === 'data' && format) return channelsOf(format, body);
    at += 8 + bytes + (bytes & 1);
  }
  throw unreadable(format ? 'no data chunk' : 'no fmt chunk');
}

const headerBytes = 44;
const dataBytesMax = 0xffffffff - headerBytes + 8;
const formatPcm = 1;
const formatAlaw = 6;
const formatMulaw = 7;

function channelsOf(format: Buffer, data: Buffer): Wav {
  const channels = format.readUInt16LE(2);
  const interleaved = samplesOf(format.readUInt16LE(0), format.readUInt16LE(14), data);
  if (channels === 0) throw unreadable('0 channels');
  const frames = Math.floor(interleaved.length / channels);
  const samples = Array.from({ length: channels }, (_, channel) =>
    Int16Array.from({ length: frames }, (_unused, frame) => interleaved[frame * channels + channel]!),
  );
  return { sampleRateHz: format.readUInt32LE(4), channels, frames, samples };
}

function samplesOf(format: number, bits: number, data: Buffer): Int16Array {
  if (format === formatAlaw) return pcmaDecoder().decode(data);
  if (format === formatMulaw) return pcmuDecoder().decode(data);
  if (format !== formatPcm || bits !== 16) {
    throw unreadable(`format ${format} with ${bits} bits; PCM (1) with 16 bits, A-law (6) or mu-law (7) are read`);
  }
  return Int16Array.from({ length: data.length >> 1 }, (_, index) => data.readInt16LE(2 * index));
}

function unreadable(found: string): TwinreelError {
  return new TwinreelError('wav-unreadable', `the WAV file cannot be read: ${found}`, { found });
}
