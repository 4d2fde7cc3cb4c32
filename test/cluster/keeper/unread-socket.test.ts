// The internal call below unread sockets, on every Node at hand: this one, and those named in TWINREEL_NODES
// (paths of node binaries, separated by colons).

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hangMsMax } from '../../harness/processes.ts';

const binaries = [process.execPath, ...(process.env['TWINREEL_NODES'] ?? '').split(':').filter((path) => path !== '')];

describe('unread socket', () => {
  it.each(binaries)(
    'R-REC-5: what arrives waits for one reader after the other, nothing is lost between: %s',
    async (node) => {
      const script = resolve('test/cluster/keeper/unread-socket-script.mjs');
      const { stdout, stderr } = await promisify(execFile)(node, [script], { timeout: hangMsMax });
      expect(stderr).toBe('');
      const result = JSON.parse(stdout);
      expect(result).toEqual({
        version: result.version,
        holderRead: 0,
        readers: [
          ['0', '1', '2'],
          ['3', '4', '5'],
        ],
      });
    },
  );
});
