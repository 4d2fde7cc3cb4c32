// From the text of a rules file to valid rules, or to a refusal that says what to change.

import { readYaml, refusalOf } from '#src/config';
import { TwinreelError } from '#src/errors';
import { type Branch, keysAt, type RulesFile, type RuleTree, rulesSchema } from './rules.schema.ts';

const rulesMax = 10_000;
const depthMax = 16;

/**
 * Reads `text` as YAML or JSON; an empty text is a file without rules, which records nothing.
 * @throws TwinreelError `rules-unreadable` when it is no YAML, `rules-invalid` with every Refusal in `details.refusals`.
 */
export function parseRules(text: string, source: string): RulesFile {
  const raw = readYaml(text, source, 'rules-unreadable');
  const result = rulesSchema.safeParse(raw, { reportInput: false });
  if (!result.success) throw refusalOf(result.error.issues, raw, source, 'rules-invalid', keysAt);
  for (const [tenant, tree] of [['', result.data] as const, ...Object.entries(result.data.tenants)]) {
    refuseTooMany(tree, `${source}${tenant === '' ? '' : `, tenant ${tenant}`}`);
  }
  return result.data;
}

/** The rules of a tenant: its own, else those of the file. */
export function rulesOfTenant({ tenants, ...all }: RulesFile, tenant: string): RuleTree {
  return Object.hasOwn(tenants, tenant) ? tenants[tenant]! : all;
}

function refuseTooMany({ admin }: RuleTree, source: string): void {
  const { rules, depth } = sizeOf(admin);
  if (rules > rulesMax)
    throw new TwinreelError('rules-invalid', `${source} has ${rules} rules; at most ${rulesMax} are allowed`);
  if (depth > depthMax)
    throw new TwinreelError('rules-invalid', `${source} has groups ${depth} deep; at most ${depthMax} are allowed`);
}

function sizeOf({ rules, groups }: Branch): { readonly rules: number; readonly depth: number } {
  const below = groups.map(sizeOf);
  return {
    rules: below.reduce((sum, one) => sum + one.rules, rules.length),
    depth: 1 + Math.max(0, ...below.map((one) => one.depth)),
  };
}
