#!/usr/bin/env node
// The command line. Each command has a file of its own; `--json` and `--config` work with every one of them.

import { Command } from 'commander';
import { renderTree } from '#actors/kit';
import { tree } from '#actors/tree';
import { addConfigCommand } from './config-command.ts';
import { addCouplesCommand } from './couples-command.ts';
import { addDesktopCommand } from './desktop-command.ts';
import { addExplainCommand } from './explain-command.ts';
import { addJournalCommand } from './journal-command.ts';
import { addLrgsCommand } from './lrgs-command.ts';
import { failure } from './output.ts';
import { addRecordingsCommand } from './recordings-command.ts';
import { addRulesCommand } from './rules-command.ts';
import { addSchemaCommand } from './schema-command.ts';
import { addShardCommands } from './shards-command.ts';
import { addStatusCommand } from './status-command.ts';
import { addTenantsCommand } from './tenants-command.ts';
import { addWhyCommand } from './why-command.ts';

const program = new Command('twinreel')
  .description('call-recording cluster: recordings, journals, status and settings of this node')
  .option('--json', 'one JSON document instead of text')
  .option('--config <file>', 'configuration file; default: TWINREEL_CONFIG, else every default')
  .showHelpAfterError();

addRecordingsCommand(program);
addCouplesCommand(program);
addTenantsCommand(program);
addExplainCommand(program);
addWhyCommand(program);
addRulesCommand(program);
addJournalCommand(program);
addStatusCommand(program);
addShardCommands(program);
addLrgsCommand(program);
addConfigCommand(program);
addDesktopCommand(program);
addSchemaCommand(program);
program
  .command('tree')
  .description('the supervision tree: what each kind of actor does when it crashes, and what brings it back')
  .action((_options: unknown, command: Command) => {
    const json = command.optsWithGlobals<{ json?: boolean }>().json === true;
    process.stdout.write(`${json ? JSON.stringify(tree) : renderTree(tree)}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${failure(error, program.opts<{ json?: boolean }>().json === true)}\n`);
  process.exitCode = 1;
}
