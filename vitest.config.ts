import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/summary-reporter.ts';

// Tests read the TypeScript sources (the condition below); processes that tests start run from dist/, so build first.
export default defineConfig({
  resolve: { conditions: ['twinreel-source'] },
  ssr: { resolve: { conditions: ['twinreel-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new SummaryReporter()],
  },
});
