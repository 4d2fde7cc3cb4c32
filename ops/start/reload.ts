// `npm run reload`: replaces every running process by the program that lies on the disk now, one after the other, under
// running calls. Build first, so that there is something new to run.

import { join } from 'node:path';
import { layoutOf, loadConfig } from '#src/config';
import { ProcessManager } from './process-manager.io.ts';

await new ProcessManager(join(layoutOf(loadConfig()).runDir, 'pm2'), {}).reload();
