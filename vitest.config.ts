import { configDefaults, defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.ts';

// What runs when, and about what it costs (one run on a busy machine; clusters: all that sources did not take):
//
//   npm test            every test in its quick form; where something is tried at every point or with every seed, at some of them
//   npm run test:full   TWINREEL_FULL: every point, many seeds, every drill, scenario and kill
//
//              files   CPU, quick   quick             full
//   sources      214   130 s        three at a time   two at a time
//   clusters      65   330 s        three at a time   one at a time, afterwards, with the machine for itself
//
// An end-to-end test of more than some five seconds belongs into the full run, beside a quick form of it.
const full = Boolean(process.env['TWINREEL_FULL']);
const limitMs = full ? 2_400_000 : 240_000;

/** They start whole clusters and judge them while time passes. */
const clusters = [
  'test/e2e/**/*.test.ts',
  'test/cluster/keeper/**/*.test.ts',
  'test/cluster/processes/**/*.test.ts',
  'test/harness/**/*.test.ts',
  'test/ops/cluster/**/*.test.ts',
  'test/ops/drills/**/*.test.ts',
  'test/ops/lab/**/*.test.ts',
];

// Tests read the TypeScript sources (the condition below); processes that tests start run from dist/, so build first.
export default defineConfig({
  resolve: { conditions: ['twinreel-source'] },
  ssr: { resolve: { conditions: ['twinreel-source'] } },
  test: {
    pool: 'forks',
    // One process reads the sources once, for all the files it runs: 50 files of src/ then cost 33 s of CPU, not 55.
    isolate: false,
    // What clusters mostly do is wait for time to pass.
    maxWorkers: full ? 2 : 3,
    // Only what hangs ends by these; what a test waits for ends before, and says what it was (test/harness/processes.ts).
    testTimeout: limitMs,
    hookTimeout: limitMs,
    reporters: ['default', new SummaryReporter()],
    projects: [
      {
        extends: true,
        test: { name: 'clusters', include: clusters, ...(full && { maxWorkers: 1, sequence: { groupOrder: 1 } }) },
      },
      {
        extends: true,
        test: { name: 'sources', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...clusters] },
      },
    ],
  },
});
