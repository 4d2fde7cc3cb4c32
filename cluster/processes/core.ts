// The core process.

import { startCore } from '#cluster/core';
import { runProcess } from './run.ts';

await runProcess('core', startCore);
