import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '#ops/lab/scenarios';
import { hangMsMax, temporaryFolder } from '../../../harness/processes.ts';

const program = resolve(import.meta.dirname, '../../../../dist/ops/lab/main.js');
const labMsMax = 10 * hangMsMax;

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
  it(`R-LAB-1, R-CTI-1, R-REC-6: plays ${played.join(' and ')} on a cluster of its own, and leaves nothing behind`, async () => {
    const { exitCode, lines, errors } = await lab(...played);
    const failed = lines.flatMap(({ scenario, checks }) =>
      checks.filter(({ ok }) => !ok).map((one) => ({ scenario, ...one })),
    );
    expect(failed, errors).toEqual([]);
    expect(lines.length).toBeGreaterThanOrEqual(played.length);
    expect(exitCode, errors).toBe(0);
  });

  it.skipIf(!process.env['TWINREEL_FULL'])(
    'R-LAB-1, R-CTI-3, R-REC-7: on a hostile telephony side every call is recorded once or explained, seed after seed',
    async () => {
      const { exitCode, lines, errors } = await lab('--hostile', '1..3');
      const failed = lines.flatMap(({ checks = [] }) => checks.filter(({ ok }) => !ok));
      expect(failed, errors).toEqual([]);
      expect(lines.at(-1)).toMatchObject({ seeds: 3, failed: 0 });
      expect(exitCode, errors).toBe(0);
    },
  );

  it('R-LAB-1: seeds that are none are refused before anything is started', async () => {
    const { exitCode, errors } = await lab('--hostile', '9..3');
    expect(exitCode).toBe(2);
    expect(errors).toMatch(/'9\.\.3' is neither a whole number .*\[scenario-impossible\]/);
  });

  it('R-LAB-1: a scenario that does not exist is refused with those that do, before anything is started', async () => {
    const { exitCode, errors } = await lab('no-such');
    expect(exitCode).toBe(2);
    expect(errors).toMatch(/no scenario is called 'no-such'; there are inbound, .*\[scenario-unknown\]/);
  });
});
