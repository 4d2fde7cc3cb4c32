// `twinreel schema manifest`: the published form of what Twinreel writes, as JSON Schema. Kept in ops/schemas/.

import type { Command } from 'commander';
import { manifestJsonSchema } from '#src/recording';
import { contextOf } from './context.ts';

export function addSchemaCommand(program: Command): void {
  const schema = program.command('schema').description('JSON Schemas of what Twinreel writes');

  schema
    .command('manifest')
    .description('the manifest.json of a recording')
    .action((_options: unknown, command: Command) => {
      contextOf(command).print(JSON.stringify(manifestJsonSchema(), null, 2));
    });
}
