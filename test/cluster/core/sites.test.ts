import { describe, expect, it } from 'vitest';
import { parseConfig } from '#src/config';
import { Directory, discover, parseSite } from '#src/directory';
import {
  discoveryRulesOf,
  joined,
  leftOutByDefaults,
  sitesOfConfig,
  sitesOfDiscovery,
} from '../../../cluster/core/sites.ts';

const config = parseConfig(
  `
core:
  tenantDefaults: { clientIdentification: TWINREEL }
  tenants:
    - name: Environment
      password: secret
      switches:
        - { name: Main, servers: ['tserver:7000', '[2001:db8::1]:7001'], dns: ['3556'] }
`,
  'test',
);

const objects = `
objects:
  CfgTenant: [{ DBID: 1, name: Environment }, { DBID: 101, name: Bank }]
  CfgHost: [{ DBID: 1, name: h, IPaddress: 127.0.0.1 }]
  CfgApplication:
    - { DBID: 7, name: SIPServer, type: 1, isServer: true, serverInfo: { hostDBID: 1, port: 3000 } }
  CfgSwitch:
    - { DBID: 4, tenantDBID: 1, name: Main, type: 72, TServerDBID: 7 }
    - { DBID: 5, tenantDBID: 1, name: Second, type: 72, TServerDBID: 7 }
    - { DBID: 6, tenantDBID: 101, name: Main, type: 72, TServerDBID: 7 }
  CfgDN:
    - { DBID: 11, switchDBID: 5, tenantDBID: 1, type: 1, number: '4001' }
    - { DBID: 12, switchDBID: 6, tenantDBID: 101, type: 1, number: '3556' }
`;

function discovery() {
  const directory = new Directory();
  for (const object of parseSite(objects).objects) directory.put(object);
  return discover(directory);
}

describe('what a core watches', () => {
  it('R-CTI-3, R-CTI-6: the file names tenants with their switches, servers and DNs', () => {
    expect(sitesOfConfig(config)).toEqual([
      {
        name: 'Environment',
        client: { name: 'TWINREEL', password: 'secret' },
        switches: [
          {
            name: 'Main',
            servers: [
              { host: 'tserver', port: 7000 },
              { host: '2001:db8::1', port: 7001 },
            ],
            dns: ['3556'],
            leftOut: 0,
          },
        ],
      },
    ]);
  });

  it('R-CFG-1, R-CFG-3: the configuration server names them with their numbers; the password is that of the file', () => {
    const sites = sitesOfDiscovery(discovery(), config);
    expect(sites.map(({ name, dbid, client }) => [name, dbid, client.name])).toEqual([
      ['Environment', 1, 'TWINREEL'],
      ['Bank', 101, 'TWINREEL'],
    ]);
    expect(sites[0]!.switches.map(({ name, dbid, dns }) => [name, dbid, dns])).toEqual([
      ['Main', 4, []],
      ['Second', 5, ['4001']],
    ]);
    expect(sites[1]!.switches[0]).toMatchObject({ dns: ['3556'], servers: [{ host: '127.0.0.1', port: 3000 }] });
  });

  it('R-CFG-4, R-DN-1: of each tenant only DNs in its ranges are watched; defaults that leave DNs out are told', () => {
    const ranged = parseConfig(
      `
core:
  tenantDefaults: { includeDns: ['4000-4999'] }
  tenants:
    - { name: Bank, includeDns: [], excludeDns: ['3556'] }
    - { name: Mine, switches: [{ name: A, servers: ['t:1'], dns: ['4001', '5001'] }] }
directory: { onlyTenants: [Environment, Bank] }
`,
      'test',
    );
    const directory = new Directory();
    for (const object of parseSite(objects).objects) directory.put(object);
    const found = discover(directory, discoveryRulesOf(ranged));
    const sites = joined(sitesOfConfig(ranged), sitesOfDiscovery(found, ranged));
    const watched = sites.map(({ name, switches }) => [name, switches.map((one) => [one.name, one.dns, one.leftOut])]);
    expect(Object.fromEntries(watched)).toEqual({
      Bank: [['Main', [], 1]],
      Mine: [['A', ['4001'], 1]],
      Environment: [
        ['Main', [], 0],
        ['Second', ['4001'], 0],
      ],
    });
    expect(leftOutByDefaults(sites, ranged)).toEqual([{ tenant: 'Mine', dns: 1 }]);
  });

  it('R-CFG-3: what the file says of a switch stands; two tenants with one number stay two', () => {
    const both = joined(sitesOfConfig(config), sitesOfDiscovery(discovery(), config));
    expect(both.map(({ name, dbid }) => [name, dbid])).toEqual([
      ['Environment', 1],
      ['Bank', 101],
    ]);
    expect(both[0]!.switches.map(({ name, dns }) => [name, dns])).toEqual([
      ['Main', ['3556']],
      ['Second', ['4001']],
    ]);
  });
});
