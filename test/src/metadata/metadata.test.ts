import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CfgPerson, parseObject } from '#src/directory';
import {
  agentMetadata,
  displayNames,
  externalData,
  fullName,
  keptUserData,
  type MetadataSettings,
  metadataSchema,
  prefixes,
} from '#src/metadata';

const runs = { seed: 7, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 100 };
const settings = (given: object = {}): MetadataSettings => metadataSchema.parse(given);
const { agentName } = settings();

function personOf(fields: object): CfgPerson {
  const parsed = parseObject('CfgPerson', { DBID: 1, tenantDBID: 101, ...fields });
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed.object as CfgPerson;
}

describe('external data', () => {
  const values = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.option(fc.string(), { nil: undefined }));

  it('R-MD-1: holds every value that is not empty once, under the prefix of its source, and nothing else', () => {
    fc.assert(
      fc.property(values, values, values, values, (call, configured, user, extension) => {
        const sources = { call, configured, user, extension };
        const data = externalData(sources);
        const expected = Object.entries(prefixes).flatMap(([source, prefix]) =>
          Object.entries(sources[source as keyof typeof sources]).flatMap(([key, value]) =>
            value ? [[`${prefix}${key}`, value]] : [],
          ),
        );
        expect(Object.entries(data).sort()).toEqual(expected.sort());
      }),
      runs,
    );
  });

  it('R-MD-1: user-defined keys have the names people gave them; where only they are wanted, only they are kept', () => {
    const given = settings({ userData: [{ key: 'IVR_Language', name: 'IVR language' }, { key: 'Nameless' }] });
    const all = { IVR_Language: 'cs', Nameless: 'x', Card: '4111' };
    expect(keptUserData(all, given)).toEqual(all);
    expect(keptUserData(all, { ...given, otherUserData: false })).toEqual({ IVR_Language: 'cs', Nameless: 'x' });
    const data = { GEN_USR_IVR_Language: 'cs', GEN_USR_Nameless: 'x', GEN_TEV_IVR_Language: 'not it' };
    expect(displayNames(data, given)).toEqual({ GEN_USR_IVR_Language: 'IVR language' });
    expect(displayNames({}, given)).toEqual({});
  });

  it.each([
    [{ userData: [{ key: 'A' }, { key: 'A' }] }, 'each key is named once'],
    [{ attributes: ['UserData'] }, 'Invalid option'],
    [{ agentName: { delimiter: 'custom', custom: '123456' } }, 'at most 5 characters'],
    [{ agentName: { delimiter: 'custom' } }, '1 to 5 characters'],
    [{ agentName: { order: 'LastName' } }, 'first-last'],
  ])('R-CFG-4: refuses %j', (given, why) => {
    expect(metadataSchema.safeParse(given).error?.message).toContain(why);
  });
});

describe('an agent', () => {
  const john = { firstName: 'John', lastName: 'Smith' };

  it.each<[string, object]>([
    ['John Smith', {}],
    ['Smith John', { order: 'last-first' }],
    ['Smith, John', { order: 'last-first', delimiter: 'comma-space' }],
    ['Smith - John', { order: 'last-first', delimiter: 'custom', custom: ' - ' }],
  ])('R-CFG-4, R-MD-1: is called %s', (name, style) => {
    expect(fullName(john, { ...agentName, ...style })).toBe(name);
  });

  it('R-CFG-4: has no full name when none is put together, and no delimiter beside one name', () => {
    expect(fullName(john, { ...agentName, enabled: false })).toBeUndefined();
    expect(fullName({ firstName: '', lastName: 'Smith' }, { ...agentName, delimiter: 'comma-space' })).toBe('Smith');
    expect(fullName({ firstName: '', lastName: '' }, agentName)).toBeUndefined();
  });

  it('R-MD-1: tells the keys of the guide, logins and skills numbered', () => {
    const person = personOf({
      ...john,
      employeeID: 'E-1',
      userName: 'jsmith',
      isAgent: true,
      agentInfo: {
        placeDBID: 31,
        agentLogins: [{ agentLoginDBID: 11, wrapupTime: 30 }, { agentLoginDBID: 12 }],
        skillLevels: [{ skillDBID: 51, level: 7 }],
      },
    });
    expect(agentMetadata({ person }, agentName)).toEqual({
      name: 'John Smith',
      configured: {
        EmployeeID: 'E-1',
        FirstName: 'John',
        LastName: 'Smith',
        UserName: 'jsmith',
        AdminType: '0',
        AgentType: '1',
        PlaceDbid: '31',
        State: '1',
        AgentLoginInfo_0_LoginDbid: '11',
        AgentLoginInfo_0_WrapupTime: '30',
        AgentLoginInfo_1_LoginDbid: '12',
        AgentLoginInfo_1_WrapupTime: '0',
        AgentSkillLevels_0_SkillDbid: '51',
        AgentSkillLevels_0_Level: '7',
      },
    });
  });

  it('R-MD-1: has a pair of keys for each login and skill, and no key without a value', () => {
    const logins = fc.array(fc.record({ agentLoginDBID: fc.integer({ min: 1, max: 99 }), wrapupTime: fc.nat(600) }), {
      maxLength: 12,
    });
    const skills = fc.array(fc.record({ skillDBID: fc.integer({ min: 1, max: 99 }), level: fc.nat(10) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(logins, skills, fc.string(), fc.nat(2), (agentLogins, skillLevels, firstName, placeDBID) => {
        const person = personOf({ firstName, agentInfo: { placeDBID, agentLogins, skillLevels } });
        const { configured } = agentMetadata({ person }, agentName);
        const keys = Object.keys(configured);
        expect(keys.filter((key) => key.startsWith('AgentLoginInfo_'))).toHaveLength(2 * agentLogins.length);
        expect(keys.filter((key) => key.startsWith('AgentSkillLevels_'))).toHaveLength(2 * skillLevels.length);
        expect(Object.values(configured)).not.toContain('');
        expect('PlaceDbid' in configured).toBe(placeDBID > 0);
      }),
      runs,
    );
  });
});
