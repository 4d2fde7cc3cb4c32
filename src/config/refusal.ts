// What is said of settings that are not allowed: where each stands, what was found there, and what may stand there.

import { parse as parseYaml, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { type Code, TwinreelError } from '#src/errors';
import { redacted } from './redacted.ts';

/** One refused setting. */
export interface Refusal {
  /** Where it stands, as `capture.portMin`; empty for the whole file. */
  readonly path: string;
  /** What was found there, as JSON; `(hidden)` for secrets. */
  readonly value: string;
  readonly allowed: string;
}

/**
 * The value in a text of YAML (or JSON, which is YAML); an empty text gives `{}`.
 * @throws TwinreelError `unreadable` when it is no YAML
 */
export function readYaml(text: string, source: string, unreadable: Code): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100 }) ?? {};
  } catch (error) {
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error;
    throw new TwinreelError(unreadable, `${source} is not YAML: ${error.message}`, { source }, { cause: error });
  }
}

/**
 * The error of code `invalid` that names every refused setting, a line each, and has them in `details.refusals`. `knownKeys`: the
 * settings there are at a path.
 */
export function refusalOf(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  source: string,
  invalid: Code,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): TwinreelError {
  const refusals = issues.flatMap((issue) => refusalsOf(issue, raw, knownKeys));
  const lines = refusals.map((one) => `  ${one.path || '(file)'}: ${one.value} is not allowed; ${one.allowed}`);
  return new TwinreelError(invalid, `${source} is refused:\n${lines.join('\n')}`, { source, refusals });
}

/** What stands at a path, undefined when nothing does. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
}

function refusalsOf(
  issue: z.core.$ZodIssue,
  raw: unknown,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): Refusal[] {
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
      return issue.message === 'Invalid input' ? 'an IPv4 or IPv6 address' : issue.message;
    default:
      return issue.message;
  }
}

function shown(path: string, value: unknown): string {
  if (/secret|password|token/i.test(path)) return '(hidden)';
  const text = value === undefined ? 'nothing' : JSON.stringify(redacted(value));
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
