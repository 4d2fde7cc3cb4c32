// The resource manager process.

import { startResourceManager } from '#cluster/resource-manager';
import { runProcess } from './run.ts';

await runProcess('resource-manager', startResourceManager);
