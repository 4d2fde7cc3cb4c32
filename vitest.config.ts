import { configDefaults, defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.ts';

const full = Boolean(process.env['TWINREEL_FULL']);
const limitMs = full ? 2_400_000 : 240_000;

/** They start whole clusters and judge them while time passes. */
const clusters = [
  'test/e2e/**/*.test.ts',
  'test/cluster/keeper/**/*.test.ts',
  'test/cluster/processes/**/*.test.ts',
  'test/harness/**/*.test.ts',
  'test/ops/drills/**/*.test.ts',
  'test/ops/lab/**/*.test.ts',
];

// Tests read the TypeScript sources (the condition below); processes that tests start run from dist/, so build first.
export default defineConfig({
  resolve: { conditions: ['twinreel-source'] },
  ssr: { resolve: { conditions: ['twinreel-source'] } },
  test: {
    pool: 'forks',
    // One process reads the sources once, for all the files it runs: half of what an ordinary run costs is saved thereby.
    isolate: false,
    maxWorkers: 2,
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
