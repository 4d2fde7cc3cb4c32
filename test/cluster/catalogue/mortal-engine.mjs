// The thread of the catalogue that dies, once in its life and once in the next, of what it is asked.

import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

parentPort.on('message', ({ statement }) => {
  const asked = JSON.stringify(statement ?? '');
  for (const words of ['die once', 'die with me']) {
    const mark = `${workerData.folder}.${words.replaceAll(' ', '-')}`;
    if (!asked.includes(words) || existsSync(mark)) continue;
    writeFileSync(mark, '');
    process.exit(1);
  }
});
await import(process.env.TWINREEL_MORTAL_ENGINE);
