import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '#ops/lab/scenarios';
import { temporaryFolder } from '../../../harness/processes.ts';

const program = resolve(import.meta.dirname, '../../../../dist/ops/lab/main.js');
const labMsMax = 240_000;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder('lab');
});
afterEach(() => {
  const left = readdirSync(folder.path);
  folder.remove();
  expect(left).toEqual([]);
});

interface Played {
  readonly exitCode: number | null;
  readonly lines: readonly { readonly scenario: string; readonly good: boolean; readonly checks: readonly Check[] }[];
  readonly errors: string;
}

/** As `npm run lab` does. */
function lab(...args: readonly string[]): Promise<Played> {
  const options = { timeout: labMsMax, env: { ...process.env, TMPDIR: folder.path } };
  return new Promise((settle) => {
    const child = execFile(process.execPath, [program, ...args, '--json'], options, (_, out, errors) => {
      const lines = out.split('\n').filter((line) => line.startsWith('{'));
      settle({ exitCode: child.exitCode, lines: lines.map((line) => JSON.parse(line)), errors });
    });
  });
}

const played = process.env['TWINREEL_FULL'] ? ['all'] : ['inbound', 'card-data'];

describe('npm run lab', () => {
  it(
    `R-LAB-1, R-CTI-1, R-REC-6: plays ${played.join(' and ')} on a cluster of its own, and leaves nothing behind`,
    async () => {
      const { exitCode, lines, errors } = await lab(...played);
      const failed = lines.flatMap(({ scenario, checks }) =>
        checks.filter(({ ok }) => !ok).map((one) => ({ scenario, ...one })),
      );
      expect(failed, errors).toEqual([]);
      expect(lines.length).toBeGreaterThanOrEqual(played.length);
      expect(exitCode, errors).toBe(0);
    },
    labMsMax,
  );

  it('R-LAB-1: a scenario that does not exist is refused with those that do, before anything is started', async () => {
    const { exitCode, errors } = await lab('no-such');
    expect(exitCode).toBe(2);
    expect(errors).toMatch(/no scenario is called 'no-such'; there are inbound, .*\[scenario-unknown\]/);
  });
});
