// An export in a thread of its own: what it merges and decodes never keeps replay from answering others. The thread ends with the export, or
// when whoever wanted it has gone.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { OriginalFile } from '#cluster/replay-api';
import { type Code, codes, messageOf, TwinreelError } from '#src/errors';
import type { ExportAnswer, ExportOrder, MoreWanted } from './exporting-thread.protocol.ts';

const threadModule = new URL('../processes/exporter.js', import.meta.url);

/**
 * The files of an order, to be read one after the other, until `gone`. `module`: the compiled program of the thread, for tests. Rejects with
 * what putting them together rejects with, and with `export-ended`.
 */
export async function exportInThread(
  order: ExportOrder,
  gone: AbortSignal,
  module: URL | string = threadModule,
): Promise<readonly OriginalFile[]> {
  const thread = new Worker(module, { workerData: order, execArgv: [] });
  const ended = once(thread, 'exit').then(
    () => new TwinreelError('export-ended', 'the thread of an export ended before the export did'),
    (error: unknown) => new TwinreelError('export-ended', `the thread of an export ended: ${messageOf(error)}`),
  );
  const answer = async (): Promise<ExportAnswer> => {
    const told = await Promise.race([once(thread, 'message').catch(() => ended), ended]);
    if (told instanceof Error) throw told;
    const [answered] = told as [ExportAnswer];
    if (answered.type === 'failed') throw failure(answered);
    return answered;
  };
  if (gone.aborted) void thread.terminate();
  gone.addEventListener('abort', () => void thread.terminate(), { once: true });
  const first = await answer();
  if (first.type !== 'files') throw new Error(`a thread that exports began with ${first.type}`);
  return first.files.map((file) => ({ ...file, bytes: piecesOf(thread, answer) }));
}

async function* piecesOf(thread: Worker, answer: () => Promise<ExportAnswer>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const answered = answer();
    thread.postMessage('more' satisfies MoreWanted);
    const piece = await answered;
    if (piece.type !== 'piece') return;
    yield piece.bytes;
  }
}

function failure({ code, message }: ExportAnswer & { type: 'failed' }): Error {
  return code !== undefined && code in codes ? new TwinreelError(code as Code, message) : new Error(message);
}
