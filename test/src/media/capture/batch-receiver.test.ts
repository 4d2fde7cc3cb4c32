// What the batch receiver's compiled code gives, on every Node at hand: this one, and those named in TWINREEL_NODES.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadBatchCode } from '#src/media/capture';
import { hangMsMax } from '../../../harness/processes.ts';

const binaries = [process.execPath, ...(process.env['TWINREEL_NODES'] ?? '').split(':').filter((path) => path !== '')];
const codeFile = resolve('dist/native/batch-receiver.node');

describe('the code of the batch receiver', () => {
  it('R-REC-2: where it is not there, the reason is given and Node reads alone', () => {
    expect(loadBatchCode(resolve('dist/native/nothing.node'))).toMatch(/nothing\.node/);
  });

  it.skipIf(!existsSync(codeFile)).each(binaries)(
    'R-REC-2: every datagram that may be audio comes whole, with its source and its stream, however little fits at once: %s',
    async (node) => {
      const script = resolve('test/src/media/capture/batch-receiver-script.mjs');
      const { stdout, stderr } = await promisify(execFile)(node, [script], { timeout: hangMsMax });
      expect(stderr).toBe('');
      const read = ['127.0.0.1', '::1'].map((address) => ({
        address,
        lengths: [0, 1, 172, 9_216, 172, 172, 172],
        streams: [-1, 7, 7, 7, 7, -1, 7],
        whole: true,
        afterwards: 'given back',
      }));
      // Who shares a socket with many waits for nobody: it is read until it is empty, and beside it the others.
      expect(JSON.parse(stdout)).toEqual({ read, atOnce: 201 });
    },
  );

  it.skipIf(!existsSync(codeFile))(
    'R-REC-2: whatever comes, and whatever it is asked, it writes nowhere but where it may',
    async () => {
      const script = resolve('test/src/media/capture/batch-receiver-fuzz.mjs');
      const calls = process.env['TWINREEL_FULL'] ? 5_000 : 400;
      const args = [script, codeFile, '17', `${calls}`];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: hangMsMax });
      expect(stderr).toBe('');
      const tried = JSON.parse(stdout) as { calls: number; passed: number; heard: number };
      expect(tried.calls).toBe(calls);
      expect(tried.passed).toBeGreaterThan(0);
      expect(tried.heard).toBeGreaterThan(tried.passed);
    },
  );
});
