// Ends a test run with one plain line, `N passed, N failed[, N skipped]`, for people and machines that read only the
// last line. Counts what vitest itself reports; it never changes the exit code.

import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** What one run came to, in tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A vitest reporter that prints the {@link Tally} when the process leaves, after everything else has been said. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const line = summaryLine(tally(modules, unhandled.length));
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}

/**
 * Counts tests. What failed outside any test counts as failed too: a file that could not be loaded, a hook of a file or
 * group that threw, an error that nobody caught. So `0 failed` means that nothing failed.
 */
export function tally(modules: readonly TestModule[], unhandledCount: number): Tally {
  const count = { passed: 0, failed: unhandledCount, skipped: 0 };
  for (const module of modules) {
    count.failed += module.errors().length;
    for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that is still pending when the run is over was never run: the run was cut short.
      count[state === 'pending' ? 'skipped' : state] += 1;
    }
  }
  return count;
}

/** The one line. */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
