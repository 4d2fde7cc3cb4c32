// Finds and reads the configuration file of this process.

import { readFileSync } from 'node:fs';
import { messageOf, TwinreelError } from '#src/errors';
import type { Config } from './config.schema.ts';
import { parseConfig } from './parse.ts';

/**
 * The configuration in `path`, or every default when there is no path (TWINREEL_CONFIG unset).
 * @throws TwinreelError `config-unreadable`, `config-invalid`
 */
export function loadConfig(path: string | undefined = process.env['TWINREEL_CONFIG']): Config {
  if (!path) return configOfText('', '(defaults)');
  return configOfText(readText(path), path);
}

/** The configuration in `text`, for the node that TWINREEL_NODE names, if it does: one file may be for many. Throws `config-invalid`. */
export function configOfText(text: string, source: string): Config {
  return parseConfig(text, source, process.env['TWINREEL_NODE'] || undefined);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TwinreelError(
      'config-unreadable',
      `${path} cannot be read: ${messageOf(error)}`,
      { path },
      { cause: error },
    );
  }
}
