// `twinreel node found`, `invite` and `join`: how machines become one cluster, whose nodes know each other by certificates.

import type { Command } from 'commander';
import { found, invitationOf, invitationText, invite, joinCluster } from '#cluster/membership';
import { systemClock, systemRandom } from '#src/ports';
import { contextOf } from './context.ts';

interface AgainOption {
  readonly again?: true;
}

export function addNodeCommand(program: Command): void {
  const node = program.command('node').description('brings machines into one cluster');
  const again = ['--again', 'with a new certificate, before the one it has is over'] as const;

  node
    .command('found')
    .description('founds a cluster: this node is its first, and certifies the others')
    .option(...again)
    .action(async ({ again }: AgainOption, command: Command) => {
      const { config, layout, json, print } = contextOf(command);
      await found(config.node, layout, again ? 'again' : 'first');
      print(
        json
          ? JSON.stringify({ node: config.node })
          : `${config.node} has founded a cluster. Start its processes again.`,
      );
    });

  node
    .command('invite <node>')
    .description('waits for a node to join, and prints what is to be done there')
    .requiredOption('--host <address>', 'where that node can reach this machine')
    .option('--port <number>', 'TCP port for that; 0 takes any free one', Number, 0)
    .option('--minutes <number>', 'how long to wait', Number, 15)
    .action(async (invited: string, given: { host: string; port: number; minutes: number }, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const { host, port, minutes } = given;
      await invite({
        layout,
        ...{ node: invited, host, port, forMs: minutes * 60_000, clock: systemClock, random: systemRandom },
        onWaiting(invitation) {
          const text = invitationText(invitation);
          print(
            json
              ? JSON.stringify({ invitation: text })
              : `Within ${minutes} minutes, on ${invited}:\n\n  twinreel node join ${text}\n`,
          );
        },
      });
      print(json ? JSON.stringify({ joined: invited }) : `${invited} has joined.`);
    });

  node
    .command('join <invitation>')
    .description('has this node certified by the one that has invited it')
    .option(...again)
    .action(async (text: string, { again }: AgainOption, command: Command) => {
      const { config, layout, json, print } = contextOf(command);
      await joinCluster(invitationOf(text), config.node, layout, again ? 'again' : 'first');
      print(json ? JSON.stringify({ node: config.node }) : `${config.node} has joined. Start its processes again.`);
    });
}
