// Reads rules in a thread of its own, which ends with that: a thousand rules take half a second in which calls are to be answered.

import { Worker } from 'node:worker_threads';
import { type Code, messageOf, TwinreelError } from '#src/errors';
import type { RulesFile } from '#src/rules';

/** What a thread is given, and what it says. */
export interface RulesText {
  readonly text: string;
  readonly path: string;
}
export type RulesRead =
  | { readonly rules: RulesFile }
  | { readonly code: Code; readonly message: string; readonly details: Readonly<Record<string, unknown>> };

const threadModule = new URL('../processes/rules-reader.js', import.meta.url);

/**
 * As `parseRules`. `module`: the compiled program of the thread, for tests.
 * @throws TwinreelError `rules-unreadable`, `rules-invalid`
 */
export function readRulesAside(text: string, path: string, module: URL | string = threadModule): Promise<RulesFile> {
  const thread = new Worker(module, { workerData: { text, path } satisfies RulesText, execArgv: [] });
  return new Promise((resolve, reject) => {
    thread.on('message', (read: RulesRead) => {
      if ('rules' in read) resolve(read.rules);
      else reject(new TwinreelError(read.code, read.message, read.details));
    });
    thread.on('error', (error) => reject(unreadable(path, messageOf(error), error)));
    // Without effect when it has said something.
    thread.on('exit', (code) => reject(unreadable(path, `its thread ended with ${code}`)));
  });
}

function unreadable(path: string, why: string, cause?: Error): TwinreelError {
  return new TwinreelError('rules-unreadable', `${path} cannot be read: ${why}`, { path }, { cause });
}
