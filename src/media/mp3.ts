// Stereo MP3 for browsers, in pieces. Encoder and decoder of MP3 add silence to the front; the first frame says how much, so that
// a player leaves it out and what is heard stands where the peaks show it.

import { createMp3Encoder } from 'wasm-media-encoders';

export interface Mp3Shape {
  readonly sampleRateHz: 8000 | 16000;
  /** Kilobits a second, constant: 8 to 64. */
  readonly kbps: number;
}

/** Samples a frame of MPEG 2 and 2.5, layer III. */
const frameSamples = 576;
/** What the encoder puts in front. */
const delaySamples = 576;

export class Mp3Stream {
  /** Bytes at the front of the file that {@link front} gives in the end. */
  readonly frontBytes: number;
  readonly #shape: Mp3Shape;
  readonly #encoder: Awaited<ReturnType<typeof createMp3Encoder>>;
  #samples = 0;
  #bytes = 0;
  #left = new Float32Array();
  #right = new Float32Array();

  private constructor(shape: Mp3Shape, encoder: Awaited<ReturnType<typeof createMp3Encoder>>) {
    this.#shape = shape;
    this.#encoder = encoder;
    this.frontBytes = frameBytes(frontKbps, shape.sampleRateHz);
  }

  static async create(shape: Mp3Shape): Promise<Mp3Stream> {
    const encoder = await createMp3Encoder();
    encoder.configure({ channels: 2, sampleRate: shape.sampleRateHz, bitrate: shape.kbps as 32 });
    return new Mp3Stream(shape, encoder);
  }

  /** Left and right in turn; gives what is ready. Valid until the next call. */
  encode(samples: Int16Array): Uint8Array {
    const count = samples.length / 2;
    if (this.#left.length !== count) {
      this.#left = new Float32Array(count);
      this.#right = new Float32Array(count);
    }
    for (let index = 0; index < count; index++) {
      this.#left[index] = samples[2 * index]! / 32_768;
      this.#right[index] = samples[2 * index + 1]! / 32_768;
    }
    this.#samples += count;
    return this.#counted(this.#encoder.encode([this.#left, this.#right]));
  }

  finish(): Uint8Array {
    return this.#counted(this.#encoder.finalize());
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#bytes += bytes.length;
    return bytes;
  }

  /**
   * The first frame, known when all is encoded: silence that says how many frames there are and what of them is not audio.
   *
   *   | header (4) | side information (17) | "Info" | flags (4) | frames (4) | bytes (4) | index (100) | quality (4) |
   *   | "LAME3.100" | … (12) | delay (12 bits), padding (12 bits) | … |
   */
  front(): Buffer {
    const { sampleRateHz, kbps } = this.#shape;
    const frames = Math.round(this.#bytes / exactFrameBytes(kbps, sampleRateHz));
    const frame = Buffer.alloc(this.frontBytes);
    frame.writeUInt32BE(headerOf(sampleRateHz), 0);
    frame.write('Info', 21, 'latin1');
    frame.writeUInt32BE(flagFrames | flagBytes | flagIndex | flagQuality, 25);
    frame.writeUInt32BE(frames, 29);
    frame.writeUInt32BE(this.#bytes + this.frontBytes, 33);
    // At a constant rate a hundredth of the time is a hundredth of the file.
    for (let hundredth = 0; hundredth < 100; hundredth++) frame[37 + hundredth] = Math.floor((hundredth * 256) / 100);
    frame.write('LAME3.100', 141, 'latin1');
    const padding = Math.max(0, Math.min(0xfff, frames * frameSamples - delaySamples - this.#samples));
    frame.writeUIntBE(delaySamples * 0x1000 + padding, 162, 3);
    return frame;
  }
}

const flagFrames = 1;
const flagBytes = 2;
const flagIndex = 4;
const flagQuality = 8;
/** The frame of a higher rate than the others has room for what it says. */
const frontKbps = 64;
const frontKbpsIndex = 8;

//  | sync (11) | version (2) | layer (2) | no CRC (1) | kbit/s (4) | rate (2) | padding (1) | private (1) | joint stereo (2) | … (6) |
function headerOf(sampleRateHz: number): number {
  const [version, rate] = sampleRateHz === 8000 ? [0b00, 0b10] : [0b10, 0b10];
  const high = 0xffe0 | (version << 3) | (0b01 << 1) | 1;
  const low = (frontKbpsIndex << 12) | (rate << 10) | (0b01 << 6);
  return ((high << 16) | low) >>> 0;
}

function frameBytes(kbps: number, sampleRateHz: number): number {
  return Math.floor(exactFrameBytes(kbps, sampleRateHz));
}

function exactFrameBytes(kbps: number, sampleRateHz: number): number {
  return ((frameSamples / 8) * kbps * 1_000) / sampleRateHz;
}
