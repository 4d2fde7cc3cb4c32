import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, parseRules, RuleBook, type RuleCall, rulesOfTenant } from '#src/rules';

const full = process.env['TWINREEL_FULL'] !== undefined;

const call: RuleCall = {
  dn: '2005',
  calling: ['0412'],
  called: ['800', '2005'],
  recordingId: 'r1',
  direction: 'inbound',
  agentId: '7701',
  data: { Segment: 'gold', Language: 'de' },
  // A Wednesday, 10:15 in Berlin.
  atMs: Date.UTC(2026, 0, 14, 9, 15),
};

function bookOf(yaml: string): RuleBook {
  return new RuleBook(rulesOfTenant(parseRules(yaml, 'rules.yaml'), 'acme'));
}

/** The policy of one rule with these conditions; `nothing` when it is not about the call. */
function policyOf(conditions: string, about: Partial<RuleCall> = {}): string {
  const rule = `{name: r, policy: record${conditions === '' ? '' : `, ${conditions}`}}`;
  return bookOf(`{timeZone: Europe/Berlin, admin: {rules: [${rule}]}}`).decide({ ...call, ...about }).policy;
}

describe('a rule', () => {
  it.each<[string, Partial<RuleCall>, Partial<RuleCall>]>([
    ["numbers: '>200?'", {}, { called: ['800', '2010'] }],
    ["dns: '2000-2099,3000'", {}, { dn: '2100' }],
    ['agents: 77*', {}, { agentId: '8801' }],
    ["agents: ['1', '770?']", {}, { agentId: '77011' }],
    ['data: {Segment: gold}', {}, { data: { Segment: 'silver' } }],
    ['data: {Segment: [silver, g*], Language: de}', {}, { data: { Segment: 'gold' } }],
    ["data: {Segment: '*'}", { data: { Segment: '' } }, { data: {} }],
    ['data: {toString: x}', { data: { toString: 'x' } as never }, { data: {} }],
    ['direction: [inbound, consult]', {}, { direction: 'outbound' }],
    ['direction: [inbound]', {}, { direction: 'unknown' }],
    ['weekdays: [wed]', {}, { atMs: call.atMs + 86_400_000 }],
    ["from: '10:15', to: '18:00'", {}, { atMs: call.atMs - 1 }],
    ["from: '08:00', to: '10:15:01'", {}, { atMs: call.atMs + 1_000 }],
    ["from: '22:00', to: '06:00'", { atMs: Date.UTC(2026, 0, 14, 21, 0) }, {}],
    // The night of Wednesday ends on Thursday morning.
    [
      "weekdays: [wed], from: '22:00', to: '06:00'",
      { atMs: Date.UTC(2026, 0, 15, 4, 59) },
      { atMs: Date.UTC(2026, 0, 14, 4, 59) },
    ],
  ])('R-RUL-3: %s', (conditions, matching, other) => {
    expect(policyOf(conditions, matching)).toBe('record');
    expect(policyOf(conditions, other)).toBe('nothing');
  });

  it('R-RUL-3: asks in vain for what is not known of a call', () => {
    const { agentId: _, ...unknown } = { ...call, calling: [], called: [], data: {} };
    const book = (rule: string) => bookOf(`admin: {rules: [{name: r, policy: record, ${rule}}]}`);
    for (const rule of ['agents: "*"', 'numbers: "?*"', 'data: {k: "*"}'])
      expect(book(rule).decide(unknown).policy, rule).toBe('nothing');
  });

  it('R-RUL-3: follows the clock on the wall through summer time', () => {
    const rule = "from: '08:00', to: '09:00'";
    expect(policyOf(rule, { atMs: Date.UTC(2026, 6, 1, 6, 30) })).toBe('record');
    expect(policyOf(rule, { atMs: Date.UTC(2026, 0, 1, 6, 30) })).toBe('nothing');
  });

  it('R-RUL-3: that captures the screen says so', () => {
    expect(bookOf('admin: {rules: [{name: r, policy: record, screen: true}]}').decide(call)).toEqual({
      policy: 'record',
      screen: true,
      rule: 'Admin / r',
    });
  });

  it('R-RUL-3: draws by recording and rule: the same each time, and in the given share', () => {
    const book = bookOf('admin: {rules: [{name: r, policy: record, probability: 30}]}');
    const ids = Array.from({ length: 5_000 }, (_, index) => `recording-${index}`);
    const taken = ids.filter((recordingId) => book.decide({ ...call, recordingId }).policy === 'record');
    expect(taken.length / ids.length).toBeCloseTo(0.3, 1);
    expect(taken).toEqual(ids.filter((id) => draw(id, 'Admin / r') < 30));
    // Two rules draw independently of each other.
    const both = taken.filter((id) => draw(id, 'Admin / other') < 30);
    expect(both.length / taken.length).toBeCloseTo(0.3, 1);
    expect(policyOf('probability: 0')).toBe('nothing');
  });

  it('R-RUL-3: is passed over when it is not active', () => {
    expect(policyOf('active: false')).toBe('nothing');
  });
});

describe('groups of rules', () => {
  const tree = `
    admin:
      rules:
        - {name: hotline, policy: do-not-record, numbers: '>110'}
        - {name: test lab, policy: ignore, numbers: 20??}
        - {name: everybody, policy: pre-record, numbers: '[]', active: false}
      groups:
        - name: Sales
          numbers: 20??
          rules: [{name: gold, policy: record, data: {Segment: gold}}, {name: rest, policy: do-not-record}]
          groups: [{name: Team 1, rules: [{name: never, policy: record}]}]
        - name: Quality
          rules: [{name: sample, policy: pre-record, direction: [inbound]}]
    tenants:
      umbrella: {admin: {rules: [{name: all, policy: record}]}}`;
  const book = bookOf(tree);

  it('R-RUL-2: the first rule of a group that is about the call decides; Admin before all others', () => {
    expect(book.decide(call)).toMatchObject({ policy: 'record', rule: 'Admin / Sales / gold' });
    expect(book.decide({ ...call, called: ['110'], calling: ['2005'] })).toMatchObject({
      policy: 'do-not-record',
      rule: 'Admin / hotline',
    });
  });

  it('R-RUL-2: of groups beside each other the strongest answer stands, wherever it is', () => {
    expect(book.decide({ ...call, data: {} })).toMatchObject({
      policy: 'pre-record',
      rule: 'Admin / Quality / sample',
    });
    expect(book.decide({ ...call, data: {}, direction: 'internal' })).toMatchObject({ rule: 'Admin / Sales / rest' });
  });

  it('R-RUL-2: what no rule is about is not recorded', () => {
    const about = { ...call, direction: 'internal' as const, called: ['3000'] };
    expect(book.decide(about)).toEqual({ policy: 'nothing', screen: false });
    expect(bookOf('').decide(call).policy).toBe('nothing');
  });

  it('R-RUL-2, R-CFG-4: a tenant with rules of its own has no others', () => {
    const file = parseRules(tree, 'rules.yaml');
    const decide = (tenant: string) => new RuleBook(rulesOfTenant(file, tenant)).decide(call).rule;
    expect([decide('umbrella'), decide('acme'), decide('toString')]).toEqual([
      'Admin / all',
      'Admin / Sales / gold',
      'Admin / Sales / gold',
    ]);
  });

  it('R-RUL-2: compiled a few rules at a time, decides and explains as compiled at once', async () => {
    const rules = Array.from({ length: 45 }, (_, n) => `{name: r${n}, policy: record, numbers: '${200 + n}?'}`);
    const group = (name: string) => `{name: ${name}, rules: [${rules.join(', ')}]}`;
    const tree = rulesOfTenant(parseRules(`admin: {groups: [${group('a')}, ${group('b')}]}`, 'rules.yaml'), 'acme');
    let pauses = 0;
    const slowly = await RuleBook.compiled(tree, async () => {
      pauses += 1;
    });
    const atOnce = new RuleBook(tree);
    for (const called of ['2005', '2449', '300']) {
      expect(slowly.explain({ ...call, called: [called] })).toEqual(atOnce.explain({ ...call, called: [called] }));
      expect(slowly.decide({ ...call, called: [called] })).toEqual(atOnce.decide({ ...call, called: [called] }));
    }
    expect(pauses).toBe(10);
  });

  it('R-RUL-4: explains each step to the decision, and why the others led nowhere', () => {
    const { decision, steps } = book.explain({ ...call, data: {} });
    expect(decision).toEqual(book.decide({ ...call, data: {} }));
    expect(steps.map(({ at, outcome, why }) => `${outcome} ${at}: ${why}`)).toEqual([
      'enters Admin: sees every call',
      "passes Admin / hotline: numbers '>110' are not those of a call from 0412 to 800 or 2005",
      'ignores Admin / test lab: on to the groups below',
      'enters Admin / Sales: sees this call',
      'passes Admin / Sales / gold: no Segment is attached',
      'decides Admin / Sales / rest: do-not-record',
      'enters Admin / Quality: sees every call',
      'decides Admin / Quality / sample: pre-record',
    ]);
  });

  it('R-RUL-4: says of each kind of condition why it does not hold', () => {
    const conditions = [
      'direction: [internal]',
      "dns: '3000-3999'",
      'agents: 88*',
      'data: {Segment: silver}',
      'weekdays: [sat, sun]',
      "from: '18:00', to: '20:00'",
      'probability: 0',
    ];
    const rules = conditions.map((one, index) => `{name: r${index}, policy: record, ${one}}`).join(', ');
    const { steps } = bookOf(`{timeZone: Europe/Berlin, admin: {rules: [${rules}]}}`).explain(call);
    expect(steps.slice(1).map(({ why }) => why)).toEqual([
      'the call is inbound, not internal',
      'DN 2005 is not in 3000-3999',
      'agent 7701 is not 88*',
      "Segment 'gold' is not silver",
      'wed 10:15 is not in sat, sun 00:00 to 24:00',
      'wed 10:15 is not in 18:00 to 20:00',
      expect.stringMatching(/^the draw of this recording is [\d.]+, not below 0 %$/),
    ]);
  });

  it('R-RUL-3: decides as if every rule were tried, though only those are that may be about the call', () => {
    const texts = fc.constantFrom('1', '12', '123', '1*', '12?', '*3', '?2*', '2', '21');
    const masks = fc.oneof(
      texts,
      texts.map((one) => `>${one}`),
      fc.tuple(texts, texts).map(([one, other]) => `${one}=${other}`),
      fc.tuple(texts, texts).map(([one, other]) => `${one},${other}>`),
    );
    const ranges = fc.constantFrom('12', '1-2', '10-19', '120-129', '2,10-12', '1[23]', '1-123');
    const asked = { numbers: masks, dns: ranges, agents: texts, data: texts.map((one) => ({ Key: one })) };
    const rule = fc.record(asked, { requiredKeys: [] }).map((one) => ({ policy: 'record', ...one }));
    const number = fc.constantFrom('1', '12', '123', '2', '21', '129', '3');
    const about = fc.record({
      dn: number,
      calling: fc.array(number, { maxLength: 2 }),
      called: fc.array(number, { maxLength: 2 }),
      agentId: number,
      data: fc.oneof(
        fc.constant({}),
        number.map((Key) => ({ Key })),
      ),
    });
    const rules = fc
      .array(rule, { maxLength: 6 })
      .map((list) => list.map((one, index) => ({ name: `r${index}`, ...one })));
    fc.assert(
      fc.property(rules, rules, about, (above, below, party) => {
        const one: RuleCall = { ...call, ...party };
        const book = bookOf(JSON.stringify({ admin: { rules: above, groups: [{ name: 'g', rules: below }] } }));
        expect(book.decide(one)).toEqual(book.explain(one).decision);
      }),
      { seed: 11, numRuns: full ? 20_000 : 300 },
    );
  });

  it('R-RUL-2: agrees with walking through the rules by hand, whatever the tree', () => {
    interface Node {
      mask: string;
      rules: { policy: 'record' | 'pre-record' | 'do-not-record' | 'ignore'; number: string; screen: boolean }[];
      groups: Node[];
    }
    const number = fc.constantFrom('1', '2', '*');
    const node = (levels: number): fc.Arbitrary<Node> =>
      fc.record({
        mask: fc.constantFrom('1', '2', '*', '*'),
        rules: fc.array(
          fc.record({
            policy: fc.constantFrom('record', 'pre-record', 'do-not-record', 'ignore'),
            number,
            screen: fc.boolean(),
          }),
          { maxLength: 2 },
        ),
        groups: levels === 0 ? fc.constant([]) : fc.array(node(levels - 1), { maxLength: 2 }),
      });
    const order = ['do-not-record', 'pre-record', 'record'];
    /** All answers of a group, the strongest first. */
    const oracle = ({ mask, rules, groups }: Node, dn: string): { policy: string; screen: boolean }[] => {
      if (mask !== '*' && mask !== dn) return [];
      const first = rules.find((rule) => rule.number === '*' || rule.number === dn);
      if (first && first.policy !== 'ignore') return [first];
      return groups
        .flatMap((group) => oracle(group, dn).slice(0, 1))
        .sort((a, b) => order.indexOf(b.policy) - order.indexOf(a.policy) || Number(b.screen) - Number(a.screen));
    };
    const settings = (one: Node): object => ({
      numbers: one.mask,
      rules: one.rules.map(({ policy, number: numbers, screen }, index) => ({
        name: `r${index}`,
        policy,
        numbers,
        screen,
      })),
      groups: one.groups.map((group, index) => ({ name: `g${index}`, ...settings(group) })),
    });
    const normal = (one: Node): Node => ({
      ...one,
      rules: one.rules.map((rule) => ({ ...rule, screen: rule.screen && rule.policy === 'record' })),
      groups: one.groups.map(normal),
    });
    fc.assert(
      fc.property(node(3), fc.constantFrom('1', '2'), (drawn, dn) => {
        const root = normal(drawn);
        const book = bookOf(JSON.stringify({ admin: settings(root) }));
        const [best] = oracle(root, dn);
        const about = { ...call, calling: [dn], called: [] };
        const { policy, screen } = book.decide(about);
        expect({ policy, screen }).toEqual({ policy: best?.policy ?? 'nothing', screen: best?.screen ?? false });
        expect(book.explain(about).decision).toEqual(book.decide(about));
      }),
      { seed: 11, numRuns: full ? 2_000 : 100 },
    );
  });
});
