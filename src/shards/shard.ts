// The DNs of one switch, cut into shards. Every core cuts alike: a cut follows from the DNs alone, whatever their order. Pure.

import type { DnRanges } from '#src/dn';
import { spread } from './spread.ts';

/** One switch of a tenant, with the DNs of it that are watched. */
export interface Site {
  readonly tenant: string;
  readonly switch: string;
  readonly dns: readonly string[];
}

export interface Shard {
  /** `tenant/switch/ordinal`; of a range set by hand `tenant/switch/nodes/ordinal`. */
  readonly name: string;
  readonly tenant: string;
  readonly switch: string;
  readonly dns: readonly string[];
  /** Those of whom a hand has set that they hold it; empty: any. */
  readonly nodes: readonly string[];
  /** Alike where two mean the same DNs by a name. */
  readonly digest: string;
}

/** DNs that a node holds because somebody says so (guide ch. 4, Include DN range of each core; ch. 10). */
export interface FixedRange {
  readonly node: string;
  /** Absent: of every tenant, of every switch. */
  readonly tenant?: string | undefined;
  readonly switch?: string | undefined;
  readonly dns: Pick<DnRanges, 'has'>;
}

export interface CutRules {
  readonly dnsPerShardMax: number;
  readonly ranges: readonly FixedRange[];
}

/**
 * The shards of a site. One that holds too many DNs is two: those whose spread has a 0 at its next bit, and those with a 1. So a DN
 * that comes or goes changes the shard of no other, but where one is cut in two or two become one. Ordinals number this tree from
 * its root: 1, then 2 and 3, then 4 to 7.
 */
export function shardsOf(site: Site, { dnsPerShardMax, ranges }: CutRules): Shard[] {
  const own = ranges.filter((range) => (range.tenant ?? site.tenant) === site.tenant && isOf(range, site));
  const byNodes = new Map<string, { readonly nodes: readonly string[]; readonly dns: SpreadDn[] }>();
  for (const dn of new Set(site.dns)) {
    const nodes = nodesOf(dn, own);
    const key = nodes.join('+');
    const known = byNodes.get(key) ?? { nodes, dns: [] };
    known.dns.push({ dn, at: spread(dn) });
    byNodes.set(key, known);
  }
  return [...byNodes].flatMap(([key, { nodes, dns }]) => {
    const stem = `${siteName(site)}${key === '' ? '' : `/${key}`}`;
    return cut(dns, 1, dnsPerShardMax).map(({ ordinal, dns: part }) => ({
      name: `${stem}/${ordinal}`,
      tenant: site.tenant,
      switch: site.switch,
      dns: part.map(({ dn }) => dn),
      nodes,
      digest: digestOf(part),
    }));
  });
}

/** `tenant/switch`, as it stands in names of shards. */
export function siteName(site: { readonly tenant: string; readonly switch: string }): string {
  return `${encodeURIComponent(site.tenant)}/${encodeURIComponent(site.switch)}`;
}

interface SpreadDn {
  readonly dn: string;
  readonly at: number;
}

const bits = 32;

function cut(
  dns: readonly SpreadDn[],
  ordinal: number,
  most: number,
  depth = 0,
): { readonly ordinal: number; readonly dns: readonly SpreadDn[] }[] {
  if (dns.length === 0) return [];
  if (dns.length <= most || depth === bits) return [{ ordinal, dns }];
  const isOne = ({ at }: SpreadDn) => ((at >>> (bits - 1 - depth)) & 1) === 1;
  const [zeros, ones] = [dns.filter((one) => !isOne(one)), dns.filter(isOne)];
  return [...cut(zeros, ordinal * 2, most, depth + 1), ...cut(ones, ordinal * 2 + 1, most, depth + 1)];
}

/** A sum over the DNs: the same in any order. */
function digestOf(dns: readonly SpreadDn[]): string {
  const sum = dns.reduce((total, { at }) => (total + Math.imul(at ^ 0x9e3779b9, 0x85ebca6b)) >>> 0, 0);
  return `${dns.length}-${sum.toString(16)}`;
}

function nodesOf(dn: string, ranges: readonly FixedRange[]): readonly string[] {
  if (ranges.length === 0) return [];
  return [...new Set(ranges.filter((range) => range.dns.has(dn)).map(({ node }) => node))].sort();
}

function isOf(range: FixedRange, site: Site): boolean {
  return (range.switch ?? site.switch) === site.switch;
}
