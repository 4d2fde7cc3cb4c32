// Decoders that are a child process: ffmpeg, where there is one, for what this project does not decode by itself. It is fed a
// run of packets and gives its samples; when it dies or says nothing, the rest is silence. Used offline, never while recording.

import { execFile, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PayloadFormat } from '#src/media/rtp';
import type { StreamDecoder } from './codec.ts';
import { oggOpus } from './ogg-opus.ts';
import { builtInDecoders, type DecoderRegistry } from './registry.ts';

/** What ffmpeg decodes for us. */
const adapters: readonly Adapter[] = [
  { codec: 'OPUS', names: ['opus', 'libopus'], input: ['-f', 'ogg'], sampleRateHz: 16_000, framed: oggOpus },
  { codec: 'G729', names: ['g729'], input: ['-f', 'g729'], sampleRateHz: 8_000, framed: g729Frames },
];

interface Adapter {
  readonly codec: string;
  /** ffmpeg's decoders, one of which is enough. */
  readonly names: readonly string[];
  readonly input: readonly string[];
  readonly sampleRateHz: 8000 | 16000;
  /** Payloads as ffmpeg can read them from a pipe. */
  framed(payloads: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

const askMsMax = 10_000;

/** All decoders there are with this ffmpeg (a path, or a name to be found on the PATH): the built-in ones when it is not there. */
export async function decodersWith(program: string): Promise<DecoderRegistry> {
  const listed = await new Promise<string>((resolve) => {
    execFile(program, ['-hide_banner', '-decoders'], { timeout: askMsMax, maxBuffer: 2 ** 22 }, (error, stdout) =>
      resolve(error ? '' : stdout),
    );
  });
  // " A....D opus                 Opus (codec opus)"
  const present = new Set(listed.split('\n').map((line) => /^ A\S{5} (\S+)/.exec(line)?.[1]));
  const found = adapters.filter(({ names }) => names.some((name) => present.has(name)));
  const made = found.map(
    (adapter) => [adapter.codec, (_format: PayloadFormat) => decoderOf(program, adapter)] as const,
  );
  return new Map([...builtInDecoders, ...made]);
}

function decoderOf(program: string, { input, sampleRateHz, framed }: Adapter): StreamDecoder {
  // What ffmpeg refuses to decode leaves a hole in its timestamps: the filter fills it, so that the rest keeps its place.
  const output = [
    '-af',
    'aresample=async=1:first_pts=0',
    '-f',
    's16le',
    '-ac',
    '1',
    '-ar',
    `${sampleRateHz}`,
    'pipe:1',
  ];
  const args = ['-v', 'quiet', '-nostdin', ...input, '-i', 'pipe:0', ...output];
  return {
    sampleRateHz,
    async *decodeAll(payloads) {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
      // That it cannot be started, or ends before it has read all: then there are fewer samples.
      child.on('error', () => {});
      const feeding = pipeline(Readable.from(framed(payloads)), child.stdin).catch(() => {});
      try {
        let odd: Buffer = Buffer.alloc(0);
        for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
          const bytes = odd.length === 0 ? chunk : Buffer.concat([odd, chunk]);
          const whole = bytes.length & ~1;
          odd = bytes.subarray(whole);
          yield Int16Array.from({ length: whole / 2 }, (_, index) => bytes.readInt16LE(2 * index));
        }
      } finally {
        child.kill('SIGKILL');
        child.stdin.destroy();
        await feeding;
      }
    },
  };
}

const frameBytes = 10;
/** ffmpeg takes a frame of zeros for one that was lost, and lets the sound fade: what it makes of noise it cannot decode. */
const lostFrame = Buffer.alloc(frameBytes);

/** Frames of 10 bytes; the noise frame of annex B, 2 bytes at the end of a payload (RFC 3551 §4.5.6), is one that was lost. */
async function* g729Frames(payloads: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const payload of payloads) {
    const whole = payload.length - (payload.length % frameBytes);
    if (whole > 0) yield payload.subarray(0, whole);
    if (payload.length - whole >= 2) yield lostFrame;
  }
}
