// Loaded before capture by a bench (NODE_OPTIONS): how late its event loop comes to its timers. The first SIGUSR2 begins
// to measure, the second one writes the file named in TWINREEL_BENCH_DELAY and ends it. Does nothing in other processes.

import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env['TWINREEL_BENCH_DELAY'];
const resolutionMs = 10;

if (file !== undefined && process.argv[1]?.endsWith('/capture.js')) {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  let phase: 'idle' | 'measuring' = 'idle';
  process.on('SIGUSR2', () => {
    if (phase === 'idle') delay.enable();
    else {
      delay.disable();
      // It measures from one tick to the next, the tick itself included.
      writeFileSync(file, JSON.stringify({ p99Ms: Math.max(0, delay.percentile(99) / 1e6 - resolutionMs) }));
    }
    phase = phase === 'idle' ? 'measuring' : 'idle';
  });
}
