import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Check } from '#ops/lab/scenarios';
import { hangMsMax, temporaryFolder } from '../../harness/processes.ts';

const program = resolve(import.meta.dirname, '../../../dist/ops/cluster/main.js');
const full = process.env['TWINREEL_FULL'] !== undefined;

/** As `npm run cluster` does. */
function cluster(...args: readonly string[]) {
  const folder = temporaryFolder('nodes');
  onTestFinished(() => folder.remove());
  const options = { timeout: 20 * hangMsMax, env: { ...process.env, TMPDIR: folder.path } };
  return new Promise<{ exitCode: number | null; lines: string[]; errors: string; left: string[] }>((settle) => {
    const child = execFile(process.execPath, [program, ...args], options, (_, out, errors) => {
      const lines = out.split('\n').filter((line) => line.startsWith('{'));
      settle({ exitCode: child.exitCode, lines, errors, left: readdirSync(folder.path) });
    });
  });
}

describe('npm run cluster -- --lab', () => {
  it('R-LAB-1: a scenario that does not exist is refused before anything is started', async () => {
    const { exitCode, errors, left } = await cluster('--nodes', '3', '--lab', 'no-such');
    expect(errors).toMatch(/no scenario is called 'no-such'; there are inbound, .*\[scenario-unknown\]/);
    expect(exitCode).toBe(2);
    expect(left).toEqual([]);
  });

  // Parties of one call whose DNs are different cores' to watch.
  it.skipIf(!full)('R-LAB-1, R-SHD-1, R-HA-2: plays scenarios on three nodes as on one', async () => {
    const played = ['both-recorded', 'consult-asked', 'pre-record-kept'];
    const { exitCode, lines, errors, left } = await cluster('--nodes', '3', '--json', '--lab', ...played);
    const scenarios = lines.map((line) => JSON.parse(line) as { scenario: string; checks: readonly Check[] });
    expect(scenarios.map(({ scenario }) => scenario)).toEqual(played);
    expect(
      scenarios.flatMap(({ checks }) => checks.filter(({ ok }) => !ok)),
      errors,
    ).toEqual([]);
    expect(exitCode).toBe(0);
    expect(left).toEqual([]);
  });
});
