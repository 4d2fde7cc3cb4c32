// The recorder process.

import { startRecorder } from '#cluster/recorder';
import { runProcess } from './run.ts';

await runProcess('recorder', startRecorder);
