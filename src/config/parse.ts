// From the text of a configuration file to a valid configuration, or to a refusal that says what to change.

import { parse as parseYaml, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { TwinreelError } from '#src/errors';
import { type Config, configSchema } from './config.schema.ts';

/** One refused setting. */
export interface Refusal {
  /** Where it stands, as `capture.portMin`; empty for the whole file. */
  readonly path: string;
  /** What was found there, as JSON; `(hidden)` for secrets. */
  readonly value: string;
  readonly allowed: string;
}

/**
 * Reads `text` as YAML; an empty text gives every default.
 * @throws TwinreelError `config-unreadable` when it is no YAML, `config-invalid` with every {@link Refusal} in `details.refusals`.
 */
export function parseConfig(text: string, source: string): Config {
  const raw = readYaml(text, source);
  const result = configSchema.safeParse(raw, { reportInput: false });
  if (result.success) return result.data;
  const refusals = result.error.issues.flatMap((issue) => refusalsOf(issue, raw));
  const lines = refusals.map((one) => `  ${one.path || '(file)'}: ${one.value} is not allowed; ${one.allowed}`);
  throw new TwinreelError('config-invalid', `${source} is refused:\n${lines.join('\n')}`, { source, refusals });
}

function readYaml(text: string, source: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100 }) ?? {};
  } catch (error) {
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error;
    throw new TwinreelError(
      'config-unreadable',
      `${source} is not YAML: ${error.message}`,
      { source },
      { cause: error },
    );
  }
}

function refusalsOf(issue: z.core.$ZodIssue, raw: unknown): Refusal[] {
  if (issue.code === 'unrecognized_keys') {
    const allowed = `settings here: ${knownKeys(issue.path).join(', ')}`;
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), value: 'this setting', allowed }));
  }
  const path = issue.path.join('.');
  return [{ path, value: shown(path, valueAt(raw, issue.path)), allowed: allowedBy(issue) }];
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`;
    case 'invalid_union':
      return 'an IPv4 or IPv6 address';
    default:
      return issue.message;
  }
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
}

function shown(path: string, value: unknown): string {
  if (/secret|password/i.test(path)) return '(hidden)';
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  const defaults = valueAt(configSchema.parse({}), path);
  return typeof defaults === 'object' && defaults !== null ? Object.keys(defaults) : [];
}
