// The shape of stereo MP3 for browsers. Encoder and decoder of MP3 add silence to the front; the first frame says how much, so that a
// player leaves it out and what is heard stands where the peaks show it. Encoding itself is done by others.

export interface Mp3Shape {
  readonly sampleRateHz: 8000 | 16000;
  /** Kilobits a second, constant: 8 to 64. */
  readonly kbps: number;
}

/** Left and right in turn, in pieces; gives frames, each piece good until the next one is asked for. All give the same number of bytes. */
export type Mp3Encoder = (samples: AsyncIterable<Int16Array>, shape: Mp3Shape) => AsyncIterable<Uint8Array>;

/** Samples a frame of MPEG 2 and 2.5, layer III. */
const frameSamples = 576;
/** What an encoder puts in front. */
const delaySamples = 576;

/** How long the first frame is: known before there is anything to say in it. */
export function mp3FrontBytes({ sampleRateHz }: Mp3Shape): number {
  return Math.floor(exactFrameBytes(frontKbps, sampleRateHz));
}

/**
 * The first frame, known when all is encoded: silence that says how many frames there are and what of them is not audio. `samples` of each
 * channel went in, `bytes` of frames came out.
 *
 *   | header (4) | side information (17) | "Info" | flags (4) | frames (4) | bytes (4) | index (100) | quality (4) |
 *   | "LAME3.100" | … (12) | delay (12 bits), padding (12 bits) | … |
 */
export function mp3Front(shape: Mp3Shape, samples: number, bytes: number): Buffer {
  const { sampleRateHz, kbps } = shape;
  const frames = Math.round(bytes / exactFrameBytes(kbps, sampleRateHz));
  const frame = Buffer.alloc(mp3FrontBytes(shape));
  frame.writeUInt32BE(headerOf(sampleRateHz), 0);
  frame.write('Info', 21, 'latin1');
  frame.writeUInt32BE(flagFrames | flagBytes | flagIndex | flagQuality, 25);
  frame.writeUInt32BE(frames, 29);
  frame.writeUInt32BE(bytes + frame.length, 33);
  // At a constant rate a hundredth of the time is a hundredth of the file.
  for (let hundredth = 0; hundredth < 100; hundredth++) frame[37 + hundredth] = Math.floor((hundredth * 256) / 100);
  frame.write('LAME3.100', 141, 'latin1');
  const padding = Math.max(0, Math.min(0xfff, frames * frameSamples - delaySamples - samples));
  frame.writeUIntBE(delaySamples * 0x1000 + padding, 162, 3);
  return frame;
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

function exactFrameBytes(kbps: number, sampleRateHz: number): number {
  return ((frameSamples / 8) * kbps * 1_000) / sampleRateHz;
}
