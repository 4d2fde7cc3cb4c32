import { configDefaults, defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.ts';

const all = 'test/**/*.test.ts';
/** 2,000 calls at 100 a second need the machine for themselves: in a full run they come last, beside nothing else. */
const alone = 'test/e2e/signalling-load.test.ts';

const fullRun = {
  projects: [
    { extends: true, test: { name: 'together', include: [all], exclude: [...configDefaults.exclude, alone] } },
    { extends: true, test: { name: 'alone', include: [alone], sequence: { groupOrder: 1 } } },
  ],
} as const;

// Tests read the TypeScript sources (the condition below); processes that tests start run from dist/, so build first.
export default defineConfig({
  resolve: { conditions: ['twinreel-source'] },
  ssr: { resolve: { conditions: ['twinreel-source'] } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new SummaryReporter()],
    ...(process.env['TWINREEL_FULL'] ? fullRun : { include: [all] }),
  },
});
