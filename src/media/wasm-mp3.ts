// The MP3 encoder that is always there: LAME, compiled to WASM. It takes four times the processor that the program takes.

import { createMp3Encoder } from 'wasm-media-encoders';
import type { Mp3Encoder } from './mp3.ts';

export const wasmMp3: Mp3Encoder = async function* (samples, { sampleRateHz, kbps }) {
  const encoder = await createMp3Encoder();
  encoder.configure({ channels: 2, sampleRate: sampleRateHz, bitrate: kbps as 32 });
  let left = new Float32Array();
  let right = new Float32Array();
  for await (const piece of samples) {
    const count = piece.length / 2;
    if (left.length !== count) {
      left = new Float32Array(count);
      right = new Float32Array(count);
    }
    for (let index = 0; index < count; index++) {
      left[index] = piece[2 * index]! / 32_768;
      right[index] = piece[2 * index + 1]! / 32_768;
    }
    yield encoder.encode([left, right]);
  }
  yield encoder.finalize();
};
