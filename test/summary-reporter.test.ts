import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

it.each([
  ['green', 0, '1 passed, 0 failed'],
  ['mixed', 1, '2 passed, 1 failed, 2 skipped'],
  ['unloadable', 1, '0 passed, 1 failed'],
  ['green unloadable', 1, '1 passed, 1 failed'],
])('the last line of a run of %s tells the truth, and the exit code stays', (files, code, last) => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--root', 'test/fixtures/summary-reporter', ...files.split(' ')],
    { encoding: 'utf8' },
  );
  expect({ status, last: stdout.split('\n').slice(-2) }).toEqual({ status: code, last: [last, ''] });
});
