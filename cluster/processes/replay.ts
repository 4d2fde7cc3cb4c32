// The replay process.

import { fileURLToPath } from 'node:url';
import { startReplay } from '#cluster/replay';
import { runProcess } from './run.ts';

await runProcess('replay', (surroundings) =>
  startReplay({
    ...surroundings,
    databaseUrl: process.env['DATABASE_URL'] || undefined,
    pagesDir: fileURLToPath(new URL('../../web', import.meta.url)),
    program: fileURLToPath(new URL('decode.cjs', import.meta.url)),
  }),
);
