// The core process. Settings come from the configuration that TWINREEL_CONFIG names.

import { pino } from 'pino';
import { startCore } from '#cluster/core';
import { layoutOf, loadConfig } from '#src/config';

const config = loadConfig();
const log = pino({ name: 'core', level: config.logging.level });
const core = await startCore({
  config,
  layout: layoutOf(config),
  redisUrl: config.redis.url ?? process.env['REDIS_URL'],
  log,
  onFailure: (why) => {
    log.fatal({ why }, 'this core ends');
    process.exit(1);
  },
});

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void core.stop().then(() => process.exit(0));
  });
}
log.info({ node: config.node }, 'ready');
process.send?.('ready');
