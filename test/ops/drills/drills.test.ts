import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hangMsMax, temporaryFolder } from '../../harness/processes.ts';

interface Outcome {
  readonly exitCode: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly missed: readonly string[];
}

const program = resolve(import.meta.dirname, '../../../dist/ops/drills/main.js');
const drillMsMax = 10 * hangMsMax;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder('drills');
});
afterEach(() => {
  const left = readdirSync(folder.path);
  folder.remove();
  expect(left).toEqual([]);
});

/** Performs a drill as `npm run drill` does. What it starts it ends, also when it is told to end. */
function drill(...args: readonly string[]): Promise<Outcome> {
  const options = { timeout: drillMsMax, env: { ...process.env, TMPDIR: folder.path } };
  return new Promise((settle, fail) => {
    const child = execFile(process.execPath, [program, ...args, '--json'], options, (_, out, errors) => {
      const { exitCode } = child;
      if (exitCode !== 0 && exitCode !== 1) fail(new Error(`the drill ended with ${exitCode}: ${errors}`));
      else settle({ exitCode, ...(JSON.parse(out) as Omit<Outcome, 'exitCode'>) });
    });
  });
}

const drills: readonly (readonly [name: string, calls: string, ...more: string[]])[] = process.env['TWINREEL_FULL']
  ? [
      ['recorder-kill', '100'],
      ['capture-kill', '100'],
      ['pm2-kill', '20'],
      ['reload', '20'],
      ['rtp-injection', '10'],
      ['edge-kill', '100'],
      ['pause', '10'],
      ['power-loss', '20'],
      ['disk-full', '8'],
      ['throw', '100'],
      ['flood', '20'],
      ['node-kill', '50'],
      ['node-kill', '50', '--duplicate'],
      ['core-kill', '20'],
      ['pause-process', '20'],
      ['clock-skew', '20'],
      ['rebalance', '20'],
      ['redis-kill', '20', '--seconds', '8'],
      ['redis-flush', '20'],
      ['redis-failover', '20'],
      ['partition', '20'],
      ['storm', '100', '--kills', '13'],
    ]
  : [['capture-kill', '4']];

/** How long something took says much about the machine; here it is about what was lost. */
const times = [
  ...['reattachedMs', 'managedAgainMs', 'keeperReloadedMs', 'answeringAgainMs', 'pauseEffectiveMsMax'],
  ...['journalReadMs', 'journalOf1000CallsReadMs', 'floodRefusalMsP99', 'floodRecoveryMs'],
  ...['againMsP50', 'againMsP99', 'firstPacketMsP99', 'shardsReownedMsP99', 'backlogDrainedMs', 'rebuiltMs'],
];
/** So does how much a starved process has not yet written; a fifth of a second it may never be. */
const blockFigures = ['packetsLostPerStreamMax', 'toneMissingMsMax'];
const blockPacketsMax = 9;

describe('drills on a real node', () => {
  it.each(drills)('R-OPS-5, R-REC-5: %s under %s calls loses nothing', async (name, calls, ...more) => {
    const { exitCode, figures, missed } = await drill(name, '--calls', calls, ...more);
    const isKilledWriter = name === 'capture-kill';
    if (isKilledWriter) expect(figures['packetsLostPerStreamMax']).toBeLessThanOrEqual(blockPacketsMax);
    const mayVary = isKilledWriter ? [...times, ...blockFigures] : times;
    expect(
      missed.filter((figure) => !mayVary.includes(figure)),
      JSON.stringify(figures),
    ).toEqual([]);
    expect(exitCode).toBe(missed.length === 0 ? 0 : 1);
  });

  it.each(drills)('R-OPS-5: %s with its planted fault misses its goals', async (name, _, ...more) => {
    const { exitCode, missed } = await drill(name, '--calls', '3', '--plant', ...more);
    expect(missed.filter((figure) => !times.includes(figure))).not.toEqual([]);
    expect(exitCode).toBe(1);
  });
});
