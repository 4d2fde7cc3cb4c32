// How busy this process is, by the event loop's own account.

import { performance } from 'node:perf_hooks';

/** Begins to measure; the function given back says which share of the time since it was last asked had work in it: 0 to 1. */
export function measureBusyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
