// The MP3 encoder of choice: the program lame, a child process that gets samples and gives frames. Where it is not installed, the one in
// WASM does the same. Used offline, never while recording.

import { execFile, spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { messageOf, TwinreelError } from '#src/errors';
import type { Mp3Encoder, Mp3Shape } from './mp3.ts';
import { wasmMp3 } from './wasm-mp3.ts';

const askMsMax = 10_000;
const wordsMax = 500;

/** With this lame (a path, or a name to be found on the PATH), or the one in WASM where it cannot be started. */
export async function mp3EncoderWith(program: string): Promise<{ readonly name: 'lame' | 'wasm'; encode: Mp3Encoder }> {
  const isThere = await new Promise<boolean>((resolve) => {
    execFile(program, ['--version'], { timeout: askMsMax }, (error) => resolve(!error));
  });
  if (!isThere) return { name: 'wasm', encode: wasmMp3 };
  return { name: 'lame', encode: (samples, shape) => encodeByLame(program, samples, shape) };
}

/** @throws TwinreelError `encoder-failed`; whatever reading the samples rejects with. */
async function* encodeByLame(
  program: string,
  samples: AsyncIterable<Int16Array>,
  shape: Mp3Shape,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, argumentsFor(shape), { stdio: 'pipe' });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-wordsMax);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(messageOf(error)));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : `${signal ?? `exit ${code}`} ${words}`.trim()),
    );
  });
  const feeding = pipeline(bytesOf(samples), child.stdin).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const why = await ended;
    if (why !== undefined) throw new TwinreelError('encoder-failed', `${program} ended early: ${why}`, { program });
    const failed = await feeding;
    if (failed) throw failed.error;
  } finally {
    child.kill('SIGKILL');
    child.stdin.destroy();
    await feeding;
  }
}

async function* bytesOf(samples: AsyncIterable<Int16Array>): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of samples) yield Buffer.from(buffer, byteOffset, byteLength);
}

function argumentsFor({ sampleRateHz, kbps }: Mp3Shape): string[] {
  const kHz = `${sampleRateHz / 1_000}`;
  const input = ['-r', '-s', kHz, '--bitwidth', '16', '--signed', '--little-endian'];
  // Two parties have nothing in common, so each channel is by itself; from quality 7 on there is no model of hearing, which costs most.
  const output = ['--resample', kHz, '--cbr', '-b', `${kbps}`, '-m', 's', '-q', '7', '--noreplaygain'];
  // Without its own first frame, in which a pipe leaves no room for what is known last.
  return ['--quiet', ...input, ...output, '-t', '-', '-'];
}
