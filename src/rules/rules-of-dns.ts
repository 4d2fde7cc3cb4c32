// What a plain list of recorded DNs says, as rules.

import { isPlainDn } from '#src/dn';
import { type RulesFile, rulesSchema } from './rules.schema.ts';

/** One rule that records these DNs; of none: every DN that is watched. */
export function rulesOfDns(dns: readonly string[]): RulesFile {
  const rule =
    dns.length === 0
      ? { name: 'every DN that is watched', policy: 'record' }
      : { name: 'DNs in core.record', policy: 'record', dns: dns.map(asItem).join(',') };
  return rulesSchema.parse({ admin: { rules: [rule] } });
}

/** A DN as an item of DN ranges that means this DN and nothing else. */
function asItem(dn: string): string {
  if (isPlainDn(dn) && !dn.includes('-')) return dn;
  return dn
    .split('')
    .map((one) => (/[A-Za-z0-9]/.test(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
}
