// A process that does jobs, for tests: kill it, and another one has to do them.

import { BullQueue } from '#cluster/jobs';

const { url, program } = JSON.parse(process.argv[2]);
const log = { info() {}, warn() {}, error() {} };
const queue = new BullQueue({
  name: 'test',
  redis: { url, commandTimeoutMs: 2_000, log },
  attemptsMax: 2,
  lostMs: 1_000,
  log,
});
queue.do({ program, atOnce: 1, onDone() {} });
process.stdout.write('ready\n');
