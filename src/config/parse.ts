// From the text of a configuration file to a valid configuration, or to a refusal that says what to change.

import { type Config, configJsonSchema, configSchema } from './config.schema.ts';
import { withNodeAddress } from './node-address.ts';
import { readYaml, refusalOf, valueAt } from './refusal.ts';
import { ownIssues, withTenantDefaults } from './tenant-defaults.ts';

/**
 * Reads `text` as YAML; an empty text gives every default. `node`: the name of this machine, whatever the text says.
 * @throws TwinreelError `config-unreadable` when it is no YAML, `config-invalid` with every Refusal in `details.refusals`.
 */
export function parseConfig(text: string, source: string, node?: string): Config {
  const written = readYaml(text, source, 'config-unreadable');
  const named = node === undefined ? written : { ...Object(written), node };
  const raw = withNodeAddress(named, nodeDefault);
  const result = configSchema.safeParse(withTenantDefaults(raw), { reportInput: false });
  if (result.success) return result.data;
  throw refusalOf(ownIssues(result.error.issues, raw), raw, source, 'config-invalid', knownKeys);
}

const nodeDefault = configSchema.shape.node.parse(undefined);

function knownKeys(path: readonly PropertyKey[]): string[] {
  const inSchema = path.flatMap((key) => (typeof key === 'number' ? ['items'] : ['properties', key]));
  return Object.keys(Object(valueAt(configJsonSchema(), [...inSchema, 'properties'])));
}
