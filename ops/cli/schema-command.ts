// `twinreel schema …`: the published forms of what Twinreel writes and speaks, as JSON Schema. Kept in ops/schemas/.

import type { Command } from 'commander';
import { tlibJsonSchema } from '#src/cti';
import { directoryJsonSchema } from '#src/directory';
import { manifestJsonSchema } from '#src/recording';
import { contextOf } from './context.ts';

export function addSchemaCommand(program: Command): void {
  const schema = program.command('schema').description('JSON Schemas of what Twinreel writes and speaks');
  const published = [
    ['manifest', 'the manifest.json of a recording', manifestJsonSchema],
    ['tlib', 'the messages of the link to a telephony server, for bridges', tlibJsonSchema],
    ['directory', 'the protocol and the objects of a configuration server, for bridges', directoryJsonSchema],
  ] as const;

  for (const [name, description, schemaOf] of published) {
    schema
      .command(name)
      .description(description)
      .action((_options: unknown, command: Command) => {
        contextOf(command).print(JSON.stringify(schemaOf(), null, 2));
      });
  }
}
