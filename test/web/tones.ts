// A conversation of tones as MP3: the customer on the left and the agent on the right take turns of two seconds.

import { createMp3Encoder } from 'wasm-media-encoders';

const rateHz = 16_000;
const turnMs = 2_000;

export async function tonesMp3(lengthMs: number): Promise<Buffer> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: rateHz, channels: 2, bitrate: 32 });
  const channels = [440, 660].map((toneHz, channel) =>
    Float32Array.from({ length: (rateHz * lengthMs) / 1_000 }, (_, at) => {
      const isSpeaking = Math.floor((at * 1_000) / rateHz / turnMs) % 2 === channel;
      return isSpeaking ? 0.4 * Math.sin((2 * Math.PI * toneHz * at) / rateHz) : 0;
    }),
  );
  // What the encoder gives is its own memory, and the next call overwrites it.
  const begin = Buffer.from(encoder.encode(channels));
  return Buffer.concat([begin, encoder.finalize()]);
}
