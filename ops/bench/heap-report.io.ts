// Loaded before a process by a bench (NODE_OPTIONS): at SIGUSR2 garbage is collected, and what is still in use stands in the file named
// in TWINREEL_BENCH_HEAP. Does nothing in other processes.

import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env['TWINREEL_BENCH_HEAP'];

if (file !== undefined && process.argv[1]?.endsWith('/core.js')) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(`${file}.new`, JSON.stringify({ bytes: heapUsed + external }));
    renameSync(`${file}.new`, file);
  });
}
