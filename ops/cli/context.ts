// What every command needs: the configuration that `--config` names, where a node keeps things, and where to print.

import type { Command } from 'commander';
import { type Config, type Layout, layoutOf, loadConfig } from '#src/config';
import type { Print } from './output.ts';

export interface CliContext {
  readonly config: Config;
  readonly layout: Layout;
  readonly json: boolean;
  readonly print: Print;
}

/** Reads the global options of a command. Throws `config-unreadable` or `config-invalid`. */
export function contextOf(command: Command): CliContext {
  const { config: path, json } = command.optsWithGlobals<{ config?: string; json?: boolean }>();
  const config = loadConfig(path);
  return { config, layout: layoutOf(config), json: json === true, print: (text) => process.stdout.write(`${text}\n`) };
}
