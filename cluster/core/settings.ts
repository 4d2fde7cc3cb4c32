// The settings a core runs by, and what became of the last change to their file.

import { type Config, changedOptions } from '#src/config';
import type { TwinreelError } from '#src/errors';

/** `taken`: the file as it is now is in force, but for `waiting`; `refused`: it is not, what was before it is. */
export type SettingsStanding =
  | {
      readonly phase: 'taken';
      readonly atMs: number;
      readonly changed: readonly string[];
      readonly waiting: readonly string[];
    }
  | { readonly phase: 'refused'; readonly atMs: number; readonly code: string; readonly why: string };

export interface SettingsOptions {
  readonly nowMs: () => number;
  readonly log: {
    info(fields: object, text: string): void;
    warn(fields: object, text: string): void;
    error(fields: object, text: string): void;
  };
  readonly changed: (config: Config) => void;
}

/** Options a running core takes; all others are read at its start. */
const live = [
  'core.tenants',
  'core.tenantDefaults',
  'core.record',
  'core.mediaMsMax',
  'core.lingerMs',
  'core.keepMs',
  'core.graceMs',
  'core.enquireMs',
  'core.afterCallWorkMsMax',
  'core.orphans',
  'recorder.packetsMin',
  'directory.onlyTenants',
  'directory.acdPositions',
];

export class Settings {
  readonly #options: SettingsOptions;
  /** As at the start: what waits for the next one is what differs from it. */
  readonly #started: Config;
  #config: Config;
  #standing: SettingsStanding;

  constructor(config: Config, options: SettingsOptions) {
    this.#options = options;
    this.#started = config;
    this.#config = config;
    this.#standing = { phase: 'taken', atMs: options.nowMs(), changed: [], waiting: [] };
  }

  get config(): Config {
    return this.#config;
  }

  get standing(): SettingsStanding {
    return this.#standing;
  }

  change(config: Config): void {
    const { nowMs, log, changed } = this.#options;
    const options = changedOptions(this.#config, config);
    const waiting = changedOptions(this.#started, config).filter((path) => !isLive(path));
    this.#config = config;
    this.#standing = { phase: 'taken', atMs: nowMs(), changed: options, waiting };
    log.info({ changed: options }, 'changed settings are in force');
    if (waiting.length > 0) log.warn({ waiting }, 'these settings are taken at the next start');
    changed(config);
  }

  refuse({ code, message }: TwinreelError): void {
    const { nowMs, log } = this.#options;
    this.#standing = { phase: 'refused', atMs: nowMs(), code, why: message };
    log.error({ alarm: code, error: message }, 'the changed settings are refused; those before stay in force');
  }
}

function isLive(path: string): boolean {
  return live.some((one) => path === one || path.startsWith(`${one}.`));
}
