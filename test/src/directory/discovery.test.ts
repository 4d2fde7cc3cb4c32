import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentIndex, Directory, discover, dnTypes, explainDn, optionOf, parseObject, parseSite } from '#src/directory';
import { site } from './site.ts';

const runs = process.env['TWINREEL_FULL'] ? 2_000 : 200;

function directoryOf(text: string): Directory {
  const directory = new Directory();
  for (const object of parseSite(text).objects) directory.put(object);
  return directory;
}

describe('discovery', () => {
  const directory = directoryOf(site);

  it('R-CFG-1: from tenant over switch and T-Server to the DNs that are to be registered', () => {
    const { monitored } = discover(directory);
    expect(monitored.map((one) => [one.tenant.name, one.switch.name, one.tServer.name])).toEqual([
      ['Environment', 'Main', 'SIPServer'],
    ]);
    expect(monitored[0]!.servers).toEqual([
      { host: '127.0.0.1', port: 3000 },
      { host: 'sip2.example', port: 3001 },
    ]);
    expect(monitored[0]!.dns.map(({ number }) => number)).toEqual(['3556', '3557', '8000', '9000']);
    expect(optionOf(monitored[0]!.dns[0]!, 'TServer', 'record')).toBe('true');
  });

  it('R-CFG-2, R-DN-2: says of every other switch and DN why it is not monitored', () => {
    const { unmonitoredSwitches, unmonitoredDns } = discover(directory, { acdPositions: false });
    expect(unmonitoredSwitches.map((one) => [one.switch.name, one.why])).toEqual([
      ['Lonely', 'switch-without-t-server'],
      ['Old', 'switch-not-sip'],
      ['Bank', 't-server-without-address'],
    ]);
    expect(unmonitoredDns.map(({ dn, why }) => [dn.DBID, why])).toEqual([
      [1002, 'acd-positions-off'],
      [1005, 'dn-type'],
      [1006, 'dn-disabled'],
      [1007, 'switch-without-t-server'],
      [1008, 'switch-not-sip'],
      [1009, 't-server-without-address'],
      [1010, 'switch-unknown'],
    ]);
  });

  it('R-CFG-3: connects to listed tenants only when there is a list', () => {
    expect(discover(directory, { onlyTenants: ['Bank'] }).monitored).toEqual([]);
    expect(explainDn(directory, '8000', { onlyTenants: ['Bank'] })[0]!.why).toBe('tenant-not-listed');
  });

  it('R-DN-2: explains one number on every switch that has it', () => {
    const isInRange = (_: unknown, number: string) => number !== '8000';
    expect(explainDn(directory, '3556').map(({ dn, why }) => [dn.DBID, why])).toEqual([
      [1001, undefined],
      [1009, 't-server-without-address'],
    ]);
    expect(explainDn(directory, '8000', { isInRange })[0]!.why).toBe('dn-out-of-range');
    expect(explainDn(directory, '1')).toEqual([]);
  });

  it('R-CFG-1: every DN is monitored or has a reason, never both, whatever the objects say', () => {
    const link = fc.integer({ min: 0, max: 4 });
    const state = fc.integer({ min: 1, max: 3 });
    const many = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { maxLength: 6 });
    const objects = fc.record({
      CfgTenant: many(fc.record({ name: fc.constantFrom('a', 'b'), state })),
      CfgHost: many(fc.record({ name: fc.constant('h') })),
      CfgSwitch: many(
        fc.record({ name: fc.constant('s'), tenantDBID: link, TServerDBID: link, type: fc.constantFrom(72, 5), state }),
      ),
      CfgApplication: many(
        fc.record({
          name: fc.constant('t'),
          type: fc.constantFrom(1, 156),
          serverInfo: fc.record({ hostDBID: link, port: fc.nat(2), backupServerDBID: link }),
          state,
        }),
      ),
      CfgDN: many(
        fc.record({
          switchDBID: link,
          tenantDBID: link,
          type: fc.constantFrom(...Object.values(dnTypes)),
          number: fc.constantFrom('1', '2'),
          state,
        }),
      ),
    });
    fc.assert(
      fc.property(objects, fc.boolean(), (lists, acdPositions) => {
        const some = new Directory();
        for (const [kind, list] of Object.entries(lists)) {
          for (const [index, fields] of list.entries()) {
            const object = parseObject(kind, { DBID: index + 1, ...fields });
            if ('malformed' in object) throw new Error(object.malformed);
            some.put(object);
          }
        }
        const { monitored, unmonitoredDns } = discover(some, { acdPositions });
        const named = [...monitored.flatMap(({ dns }) => dns), ...unmonitoredDns.map(({ dn }) => dn)];
        expect(named.map(({ DBID }) => DBID).sort()).toEqual(
          some
            .all('CfgDN')
            .map(({ DBID }) => DBID)
            .sort(),
        );
        for (const { dn, why } of unmonitoredDns) {
          expect(explainDn(some, dn.number, { acdPositions }).find((one) => one.dn.DBID === dn.DBID)?.why).toBe(why);
        }
        for (const { dns, servers } of monitored) {
          expect(servers.length).toBeGreaterThan(0);
          for (const dn of dns)
            expect(
              explainDn(some, dn.number, { acdPositions }).find((one) => one.dn.DBID === dn.DBID)?.why,
            ).toBeUndefined();
        }
      }),
      { seed: 21, numRuns: runs },
    );
  });
});

describe('agents', () => {
  it('R-CFG-1: are found by switch and login code, with place and skills', () => {
    const index = new AgentIndex(directoryOf(site));
    expect(index.byLogin(100, '7001')).toMatchObject({
      person: { userName: 'jsmith' },
      wrapupSeconds: 30,
      place: { name: 'Desk 1' },
      skills: [{ skill: { name: 'Czech' }, level: 5 }],
    });
    expect(index.byLogin(103, '7001')).toMatchObject({ person: { firstName: 'Jane' }, wrapupSeconds: 0, skills: [] });
    expect(index.byLogin(101, '7001')).toBeUndefined();
  });
});

describe('a site in YAML', () => {
  it('R-LAB-1: is refused with every object that is not allowed', () => {
    const wrong =
      'objects: { CfgTenant: [{ DBID: 1, name: a }, { DBID: 1, name: b }, { DBID: 0 }], CfgMagic: [{ DBID: 1 }] }';
    expect(() => parseSite(wrong)).toThrow(
      /CfgTenant 1 is there twice[\s\S]*CfgTenant 0: [\s\S]*CfgMagic is not a kind of object/,
    );
    expect(() => parseSite('users: [')).toThrow('the site is refused');
  });

  it('R-CFG-1: keeps fields it does not know, but no password', () => {
    const read = parseObject('CfgApplication', { DBID: 1, name: 'a', type: 1, password: 'p', colour: 'red' });
    expect(read).toMatchObject({ object: { colour: 'red', state: 1 } });
    expect(JSON.stringify(read)).not.toContain('password');
    const poisoned = parseObject(
      'CfgTenant',
      JSON.parse('{"DBID":1,"name":"a","__proto__":{"state":2},"options":{"__proto__":{"x":"y"}}}'),
    );
    expect('object' in poisoned && poisoned.object.state).toBe(1);
    expect(({} as { x?: string }).x).toBeUndefined();
  });
});
