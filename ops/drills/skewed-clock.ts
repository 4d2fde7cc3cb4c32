// Sets the wall clock of a core, as an operator or a time server would: ahead or back by what a file says, while the core runs. Loaded into
// the processes of a drilled node before anything else (node --import). Must never be imported by anything but drills.

import { readFileSync } from 'node:fs';
import { systemClock } from '#src/ports';

/** Names the file that says by how many ms, in the environment of its process. */
export const skewVariable = 'TWINREEL_DRILL_SKEW';
export const skewFile = 'skew';

const lookMs = 20;

const file = process.env[skewVariable];
if (process.env['pm_exec_path']?.endsWith('/core.js') && file !== undefined) {
  let skewMs = 0;
  const look = () => {
    try {
      skewMs = Number(readFileSync(file, 'utf8'));
    } catch {
      // It was not set yet.
    }
  };
  setInterval(look, lookMs).unref();
  const { nowMs } = systemClock;
  const { now } = Date;
  systemClock.nowMs = () => nowMs() + skewMs;
  Date.now = () => now() + skewMs;
}
