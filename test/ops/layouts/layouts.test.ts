// The layouts of the guide's chapter 10: each file is one for all machines, and places DNs and recordings as the guide says.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shareSettingsOf } from '#cluster/core';
import { type Config, parseConfig, rolesOf } from '#src/config';
import { holdersOf, type Site, shardsOf } from '#src/shards';

const folder = 'ops/layouts';
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function load(file: string) {
  const text = readFileSync(join(folder, file), 'utf8');
  const at = (node: string) => parseConfig(text, file, node);
  const nodes = Object.keys(at('any').nodes);
  const running = (role: ReturnType<typeof rolesOf>[number]) =>
    nodes.filter((node) => rolesOf(at(node)).includes(role));
  return { at, nodes, cores: running('core'), recorders: running('recorder'), managers: running('resource-manager') };
}

/** The nodes that watch each DN when all cores are there, but for those that died. */
function watchersOf(config: Config, cores: readonly string[], site: Site): Map<string, string[]> {
  const settings = shareSettingsOf(config);
  const candidates = cores.map((node) => ({ name: node, node, phase: 'open' as const }));
  return new Map(
    shardsOf(site, settings).flatMap((shard) =>
      shard.dns.map((dn) => [dn, holdersOf(shard, candidates, settings.coverage).sort()] as const),
    ),
  );
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
const site = (dns: readonly string[], name = 'SIP') => ({ tenant: 'acme', switch: name, dns });
const loads = (watchers: ReadonlyMap<string, readonly string[]>, node: string) =>
  [...watchers.values()].filter((some) => some.includes(node)).length;

describe.each(files)('%s', (file) => {
  const { at, nodes, cores, recorders, managers } = load(file);

  it('R-HA-7, R-HA-6: is one file for all machines: each has its roles, and its own address', () => {
    for (const node of nodes) {
      const { sip, capture, core, resourceManager, recorder, nodes: all } = at(node);
      const own = [sip.address, capture.address, core.linkAddress, resourceManager.address, recorder.offers.address];
      expect(own).toEqual(Array(5).fill(all[node]!.address));
    }
    expect(cores.length).toBeGreaterThanOrEqual(2);
    expect(managers.length).toBeGreaterThanOrEqual(2);
  });

  it('R-HA-7: recorders are tied to no range: each is in one group, which any call may come to', () => {
    const { resourceManager, shards } = at(nodes[0]!);
    const members = resourceManager.groups.flatMap((group) => group.members);
    expect(members.map(({ node }) => node).sort()).toEqual([...recorders].sort());
    for (const { node, aor } of members) expect(aor).toBe(`sip:${at(node!).sip.address}`);
    for (const { node } of shards.ranges) expect(cores).toContain(node);
  });
});

it('R-HA-2, R-HA-7: failover: two cores watch every DN, and one of them when the other is gone', () => {
  const { at, cores } = load('failover.yaml');
  const dns = numbers(1_000, 2_500);
  expect(new Set([...watchersOf(at('core-1'), cores, site(dns)).values()].map(String))).toEqual(
    new Set(['core-1,core-2']),
  );
  expect(loads(watchersOf(at('core-1'), ['core-2'], site(dns)), 'core-2')).toBe(dns.length);
});

it('R-HA-7: scaling: each core watches its range; of one that is gone the others take the range over', () => {
  const { at, cores } = load('scaling.yaml');
  const watchers = watchersOf(at('core-1'), cores, site(numbers(1_000, 4_599)));
  expect([watchers.get('1000'), watchers.get('2200'), watchers.get('4599')]).toEqual([
    ['core-1'],
    ['core-2'],
    ['core-3'],
  ]);
  for (const core of cores) expect(loads(watchers, core)).toBe(1_200);
  expect(watchersOf(at('core-1'), ['core-2', 'core-3'], site(['1000'])).get('1000')).toEqual(['core-2', 'core-3']);
});

it('R-HA-7: one core per SIP Server: DNs with the same number are watched by the core of their server', () => {
  const { at, cores } = load('core-per-sip-server.yaml');
  const at1000 = (name: string) => watchersOf(at('core-east'), cores, site(['1000'], name)).get('1000');
  expect([at1000('SIP_East'), at1000('SIP_West')]).toEqual([['core-east'], ['core-west']]);
});

it('R-HA-7: failover with scaling: every DN is watched by two of three cores, none of which has more than 1,200', () => {
  const { at, cores } = load('failover-and-scaling.yaml');
  const watchers = watchersOf(at('core-1'), cores, site(numbers(1_000, 2_799)));
  expect([...watchers.values()].every((nodes) => nodes.length === 2)).toBe(true);
  for (const core of cores) expect(loads(watchers, core)).toBe(1_200);
});

it('R-HA-3, R-HA-7: duplication: each recording goes to two groups without a recorder in common, and is not asked for again', () => {
  for (const file of ['duplication.yaml', 'duplication-and-scaling.yaml']) {
    const { core, resourceManager } = load(file).at('core-1');
    const [first, second] = resourceManager.groups;
    expect([core.tenantDefaults.dest, core.tenantDefaults.dest2]).toEqual([
      `sip:${first!.name}`,
      `sip:${second!.name}`,
    ]);
    const nodes = [...first!.members, ...second!.members].map(({ node }) => node);
    expect(new Set(nodes).size).toBe(4);
    expect(core.detectRecorderPing).toBe('off');
  }
});

it('R-SHD-1, R-HA-7: duplication with scaling: any number of DNs is shared out, two cores for each, about evenly', () => {
  const { at, cores } = load('duplication-and-scaling.yaml');
  const dns = numbers(10_000, 49_999);
  const watchers = watchersOf(at('core-1'), cores, site(dns));
  expect([...watchers.values()].every((nodes) => nodes.length === 2)).toBe(true);
  for (const core of cores) expect(loads(watchers, core)).toBeGreaterThan(dns.length / 4);
});
