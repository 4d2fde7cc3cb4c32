#!/usr/bin/env node
// The command line. Each command has a file of its own; `--json` and `--config` work with every one of them.

import { Command } from 'commander';
import { failure } from './output.ts';

/**
 * The files with the commands that each of them brings, in the order of the help. One is loaded when a command of it is named, all of
 * them, which takes a second, only when none is.
 */
const files: readonly (readonly [commands: string, load: () => Promise<(program: Command) => void>])[] = [
  ['recordings', async () => (await import('./recordings-command.ts')).addRecordingsCommand],
  ['couples', async () => (await import('./couples-command.ts')).addCouplesCommand],
  ['catalogue', async () => (await import('./catalogue-command.ts')).addCatalogueCommand],
  ['verify', async () => (await import('./verify-command.ts')).addVerifyCommand],
  ['tenants', async () => (await import('./tenants-command.ts')).addTenantsCommand],
  ['explain', async () => (await import('./explain-command.ts')).addExplainCommand],
  ['why', async () => (await import('./why-command.ts')).addWhyCommand],
  ['rules', async () => (await import('./rules-command.ts')).addRulesCommand],
  ['journal', async () => (await import('./journal-command.ts')).addJournalCommand],
  ['status', async () => (await import('./status-command.ts')).addStatusCommand],
  ['shards nodes drain rebalance', async () => (await import('./shards-command.ts')).addShardCommands],
  ['node', async () => (await import('./node-command.ts')).addNodeCommand],
  ['lrgs', async () => (await import('./lrgs-command.ts')).addLrgsCommand],
  ['config', async () => (await import('./config-command.ts')).addConfigCommand],
  ['desktop', async () => (await import('./desktop-command.ts')).addDesktopCommand],
  ['schema', async () => (await import('./schema-command.ts')).addSchemaCommand],
  ['tree', async () => (await import('./tree-command.ts')).addTreeCommand],
];

const program = new Command('twinreel')
  .description('call-recording cluster: recordings, journals, status and settings of this node')
  .option('--json', 'one JSON document instead of text')
  .option('--config <file>', 'configuration file; default: TWINREEL_CONFIG, else every default')
  .showHelpAfterError();

const isNamed = (commands: string) => commands.split(' ').some((command) => process.argv.includes(command));
const named = files.filter(([commands]) => isNamed(commands));
for (const [, load] of named.length > 0 ? named : files) (await load())(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${failure(error, program.opts<{ json?: boolean }>().json === true)}\n`);
  process.exitCode = 1;
}
