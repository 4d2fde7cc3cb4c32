// The thread of an export: puts the files of one conversation together, and gives them piece by piece as they are asked for.

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type ExportAnswer, type ExportOrder, originalsOf } from '#cluster/audio';
import { codeOf, messageOf } from '#src/errors';
import { decodersWith } from '#src/media/codec';

const replay = parentPort;
if (!replay) throw new Error('this is a thread of replay only');

// Of this thread alone, as Linux has it: calls are recorded first, where both run on one machine.
setPriority(0, 5);

const pieceBytes = 2 ** 17;
const { work, kinds, privateKeys, ffmpeg, flac } = workerData as ExportOrder;
const pieces = answers();
replay.on('message', tell);
await tell();

async function tell(): Promise<void> {
  const { done, value } = await pieces.next();
  if (done) replay!.close();
  else
    replay!.postMessage(
      value satisfies ExportAnswer,
      value.type === 'piece' ? [value.bytes.buffer as ArrayBuffer] : [],
    );
}

async function* answers(): AsyncGenerator<ExportAnswer> {
  try {
    const decoders = await decodersWith(ffmpeg);
    const files = await originalsOf(work, kinds, { privateKeys, decoders, flac });
    yield { type: 'files', files: files.map(({ name, bytesMax }) => ({ name, bytesMax })) };
    for (const { bytes } of files) {
      for await (const piece of gathered(bytes)) yield { type: 'piece', bytes: piece };
      yield { type: 'file-ended' };
    }
  } catch (error) {
    yield { type: 'failed', code: codeOf(error), message: messageOf(error) };
  }
}

/** In pieces that may be given away, and are worth a message each. */
async function* gathered(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const some of bytes) {
    for (let at = 0; at < some.length; ) {
      const taken = some.subarray(at, at + pieceBytes - filled);
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < pieceBytes) continue;
      yield piece;
      piece = new Uint8Array(pieceBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.slice(0, filled);
}
