// `twinreel config check|defaults`: is the configuration valid, and what could stand in it.

import type { Command } from 'commander';
import { defaultsAsYaml, listOptions, redacted } from '#src/config';
import { contextOf } from './context.ts';

export function addConfigCommand(program: Command): void {
  const config = program.command('config').description('the one configuration file');

  config
    .command('check')
    .description(
      'reads the configuration that --config or TWINREEL_CONFIG names; exits 1 with path, value and what is allowed',
    )
    .action((_options: unknown, command: Command) => {
      const { config: valid, json, print } = contextOf(command);
      print(json ? JSON.stringify({ valid: true, config: redacted(valid) }) : 'the configuration is valid');
    });

  config
    .command('defaults')
    .description('every option with its meaning, unit and default, as a file to start from')
    .action((_options: unknown, command: Command) => {
      const { json, print } = contextOf(command);
      print(json ? JSON.stringify(listOptions()) : defaultsAsYaml().trimEnd());
    });
}
