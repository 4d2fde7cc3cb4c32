// The thread of a core that reads a rules file that has changed: says what is in it, or what is wrong with it, and ends.

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { RulesRead, RulesText } from '#cluster/core';
import { TwinreelError } from '#src/errors';
import { parseRules } from '#src/rules';

const core = parentPort;
if (!core) throw new Error('this is a thread of the core only');

// Of this thread alone, as Linux has it: where the processor is short, calls are answered first.
setPriority(0, 5);

core.postMessage(readRules(workerData as RulesText) satisfies RulesRead);

function readRules({ text, path }: RulesText): RulesRead {
  try {
    return { rules: parseRules(text, path) };
  } catch (error) {
    if (!(error instanceof TwinreelError)) throw error;
    const { code, message, details } = error;
    return { code, message, details };
  }
}
