// How a process of the node that speaks with others begins and ends: settings from the configuration that TWINREEL_CONFIG names, ready
// when it can be reached, an orderly end when it is told to, and another one in its place when it fails for good.

import { type Logger, pino } from 'pino';
import { AlarmMail } from '#cluster/notification';
import { type Config, type Layout, layoutOf, loadConfig, type RedisPlace, redisPlaceOf } from '#src/config';
import { systemClock } from '#src/ports';

export interface ProcessSurroundings {
  readonly config: Config;
  readonly layout: Layout;
  readonly configFile: string | undefined;
  readonly redisPlace: RedisPlace | undefined;
  readonly log: Logger;
  readonly onFailure: (why: string) => void;
}

/** Runs until it is told to end. */
export async function runProcess(
  name: string,
  start: (surroundings: ProcessSurroundings) => Promise<{ reload?(): void; stop(): Promise<void> }>,
): Promise<void> {
  const config = loadConfig();
  const { log, close } = logOf(name, config);
  const running = await start({
    config,
    layout: layoutOf(config),
    configFile: process.env['TWINREEL_CONFIG'] || undefined,
    redisPlace: redisPlaceOf(config.redis, process.env['REDIS_URL']),
    log,
    onFailure: (why) => {
      log.fatal({ why }, `this ${name} ends`);
      process.exit(1);
    },
  });
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void running
        .stop()
        .then(close)
        .then(() => process.exit(0));
    });
  }
  process.on('SIGHUP', () => running.reload?.());
  log.info({ node: config.node }, 'ready');
  process.send?.('ready');
}

/** A log of which alarms, lines with the field `alarm`, also go out by mail, where a mail server is named. */
function logOf(name: string, config: Config): { readonly log: Logger; close(): Promise<void> } {
  const { mail, node, logging } = config;
  if (mail.host === undefined) return { log: pino({ name, level: logging.level }), close: async () => {} };
  const mailer = new AlarmMail({
    mail,
    node,
    process: name,
    clock: systemClock,
    failed: (why) => log.warn({ host: mail.host, error: why }, 'alarms could not be mailed'),
  });
  const log = pino({
    name,
    level: logging.level,
    hooks: {
      logMethod(line, write) {
        const [fields] = line as unknown as [unknown];
        if (typeof fields === 'object' && fields !== null && 'alarm' in fields) {
          const { alarm, ...more } = fields;
          mailer.raise({ alarm: String(alarm), text: JSON.stringify(more) });
        }
        write.apply(this, line);
      },
    },
  });
  return { log, close: () => mailer.close() };
}
