// `npm run stop`: stops what an `npm start` of this data folder left running, if it was ended the hard way.

import { join } from 'node:path';
import { layoutOf, loadConfig } from '#src/config';
import { ProcessManager } from './process-manager.io.ts';

await new ProcessManager(join(layoutOf(loadConfig()).runDir, 'pm2'), {}).stop();
