// The thread of the embedded catalogue: PGlite and nothing else.

import { parentPort, workerData } from 'node:worker_threads';
import { type EngineThreadOptions, serveEngine } from '#cluster/catalogue';

if (!parentPort) throw new Error('this is a thread of the catalogue only');
await serveEngine(parentPort, workerData as EngineThreadOptions);
