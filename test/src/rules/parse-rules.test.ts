import { describe, expect, it } from 'vitest';
import { TwinreelError } from '#src/errors';
import { parseRules } from '#src/rules';

function refusal(text: string): TwinreelError {
  try {
    parseRules(text, 'rules.yaml');
  } catch (error) {
    if (error instanceof TwinreelError) return error;
  }
  throw new Error('was not refused');
}

const inRule = (settings: string) => `admin: {rules: [{name: r, policy: record, ${settings}}]}`;

describe('a rules file', () => {
  it.each([
    ["numbers: '1>2>3'", 'admin.rules.0.numbers: "1>2>3" is not allowed; at most one > or ='],
    ["dns: '9-1'", 'admin.rules.0.dns: "9-1" is not allowed; a range begins with the smaller number: 1-9'],
    ['policy: recrod', ''],
    ['direction: [in]', 'admin.rules.0.direction.0: "in" is not allowed; one of inbound, outbound, internal, consult'],
    ['weekdays: [monday]', 'admin.rules.0.weekdays.0: "monday" is not allowed; one of mon, tue'],
    ["from: '8:00', to: '9:00'", 'admin.rules.0.from: "8:00" is not allowed; a time of day such as "08:30", in quotes'],
    ["from: '08:00'", 'admin.rules.0.to: nothing is not allowed; from and to go together, and differ'],
    ['probability: 101', 'admin.rules.0.probability: 101 is not allowed; at most 100'],
    ['data: {k: [1]}', 'is not allowed; a text, or a list of texts'],
    ['agents: []', 'admin.rules.0.agents'],
    [
      'number: 2*',
      'admin.rules.0.number: this setting is not allowed; settings here: name, active, policy, dns, numbers',
    ],
  ])('R-RUL-1, R-CFG-5: %s is refused with path, value and what is allowed', (settings, line) => {
    const { code, message } = refusal(inRule(settings));
    if (line === '') return expect(code).toBe('rules-unreadable');
    expect(code).toBe('rules-invalid');
    expect(message).toContain('rules.yaml is refused:');
    expect(message).toContain(line);
  });

  it.each([
    [
      'admin: {rules: [{name: r, policy: recrod}]}',
      '"recrod" is not allowed; one of record, pre-record, do-not-record, ignore',
    ],
    ['admin: {rules: [{name: r, policy: ignore, screen: true}]}', 'a screen is captured where the policy is'],
    ['admin: {rules: [{name: a/b, policy: record}]}', 'admin.rules.0.name: "a/b" is not allowed; 1 to 100 characters'],
    [
      'admin: {rules: [{name: a, policy: record}, {name: a, policy: record}]}',
      'each rule of a group has a name of its own',
    ],
    ['admin: {groups: [{name: a, numbers: "<"}]}', 'admin.groups.0.numbers: "<" is not allowed; letters, digits and'],
    ['admin: {groups: [{name: a, rule: 1}]}', 'settings here: name, numbers, rules, groups'],
    ['admin: {name: Admin}', 'settings here: numbers, rules, groups'],
    ['timeZone: Mars/Olympus', 'timeZone: "Mars/Olympus" is not allowed; a time zone such as Europe/Berlin or UTC'],
    [
      'tenants: {acme: {timezone: UTC}}',
      'tenants.acme.timezone: this setting is not allowed; settings here: timeZone, admin',
    ],
    ['rules: []', 'settings here: timeZone, admin, tenants'],
  ])('R-RUL-2, R-CFG-5: %s is refused', (text, line) => {
    expect(refusal(text)).toMatchObject({ code: 'rules-invalid', message: expect.stringContaining(line) });
  });

  it('R-CFG-5: has a bound on rules and on the depth of groups', () => {
    const deep = (levels: number): object => ({ name: 'g', groups: levels === 0 ? [] : [deep(levels - 1)] });
    expect(refusal(JSON.stringify({ admin: { groups: [deep(16)] } })).message).toContain('at most 16 are allowed');
    const rules = Array.from({ length: 200 }, (_, index) => `{name: r${index}, policy: record}`);
    const groups = Array.from({ length: 60 }, (_, index) => `{name: g${index}, rules: *all}`);
    const many = `admin: {rules: &all [${rules}], groups: [${groups}]}`;
    expect(refusal(many).message).toContain('has 12200 rules; at most 10000 are allowed');
  });

  it('R-CFG-5: that is no YAML is refused as such; an empty one has no rules', () => {
    expect(refusal('a: [').code).toBe('rules-unreadable');
    expect(parseRules('', 'rules.yaml')).toEqual({ admin: { rules: [], groups: [] }, tenants: {} });
  });
});
