// The internal call below listeners that are only held, on every Node at hand: this one, and those named in TWINREEL_NODES
// (paths of node binaries, separated by colons).

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hangMsMax } from '../../harness/processes.ts';

const binaries = [process.execPath, ...(process.env['TWINREEL_NODES'] ?? '').split(':').filter((path) => path !== '')];

describe('unaccepted listener', () => {
  it.each(binaries)(
    'R-SIP-3: one child after the other listens; who connects in between is answered by the next: %s',
    async (node) => {
      const script = resolve('test/cluster/keeper/unaccepted-listener-script.mjs');
      const { stdout, stderr } = await promisify(execFile)(node, [script], { timeout: hangMsMax });
      expect(stderr).toBe('');
      const result = JSON.parse(stdout);
      expect(result).toEqual({
        version: result.version,
        answers: ['first', 'second', 'second'],
        again: 'EADDRINUSE',
      });
    },
  );
});
