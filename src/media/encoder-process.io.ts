// An encoder that is a program: a child process that gets samples on its standard input and gives bytes on its standard output.

import { execFile, spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { messageOf, TwinreelError } from '#src/errors';

const askMsMax = 10_000;
const wordsMax = 500;

/** Whether it can be started: a path, or a name to be found on the PATH. */
export function isProgramThere(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: askMsMax }, (error) => resolve(!error));
  });
}

/** @throws TwinreelError `encoder-failed`; whatever reading the samples rejects with. */
export async function* encodedBy(
  program: string,
  words: readonly string[],
  samples: AsyncIterable<Int16Array>,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, words, { stdio: 'pipe' });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-wordsMax);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(messageOf(error)));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? undefined : `${signal ?? `exit ${code}`} ${complaint}`.trim()),
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
