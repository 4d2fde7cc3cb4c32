// `twinreel tree`: the supervision tree as it is declared.

import type { Command } from 'commander';
import { renderTree } from '#actors/kit';
import { tree } from '#actors/tree';

export function addTreeCommand(program: Command): void {
  program
    .command('tree')
    .description('the supervision tree: what each kind of actor does when it crashes, and what brings it back')
    .action((_options: unknown, command: Command) => {
      const json = command.optsWithGlobals<{ json?: boolean }>().json === true;
      process.stdout.write(`${json ? JSON.stringify(tree) : renderTree(tree)}\n`);
    });
}
