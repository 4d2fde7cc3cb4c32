// Faults that a drill has to find, switched on by --plant. This file is loaded into the processes of a drilled node before
// anything else (node --import) and spoils one thing there; no process looks for it by itself, and there is no other way to
// switch a fault on. Must never be imported by anything but drills.

import { fileURLToPath } from 'node:url';
import { SegmentReader } from '#src/journal';

const variable = 'TWINREEL_DRILL_FAULT';

const faults: Readonly<Record<string, () => void>> = {
  /** An empty journal instead of what it wrote. */
  'recorder-forgets-its-journal'() {
    const { open } = SegmentReader;
    SegmentReader.open = async (path, options) => {
      const reader = await open.call(SegmentReader, path, options);
      if (path.includes('/journal/recorder/')) reader.next = async () => undefined;
      return reader;
    };
  },
};

/** What the environment of a node needs so that a fault is on. Throws Error for a fault that is not known. */
export function plantedFaultEnv(fault: string | undefined): Record<string, string> {
  if (fault === undefined) return {};
  if (!Object.hasOwn(faults, fault)) throw new Error(`no planted fault is called ${fault}`);
  return { [variable]: fault, NODE_OPTIONS: `--import=${fileURLToPath(import.meta.url)}` };
}

// pm2 gives its processes `pm_exec_path`, which pm2 itself does not have: only our processes are spoiled.
if (process.env['pm_exec_path'] !== undefined) faults[process.env[variable] ?? '']?.();
