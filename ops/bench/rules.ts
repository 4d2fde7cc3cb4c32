// What a decision costs: calls against 1,000 rules, one after the other, in CPU time. Most pass every rule, which is the dearest. And for
// how long nothing else is done while changed rules are read, as a core reads them.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { readRulesAside } from '#cluster/core';
import { type Direction, parseRules, RuleBook, type RuleCall, rulesOfTenant } from '#src/rules';
import { type Bench, percentile } from './bench.ts';

const rulesTotal = 1_000;
const callsTotal = 2_000;
const rounds = 30;

export const rules: Bench = {
  name: 'rules',
  about: `${callsTotal} different calls against ${rulesTotal} rules of every kind, ${rounds} rounds`,
  goals: () => [{ figure: 'usPerDecision', atMost: 50 }],
  async run({ say }) {
    const text = rulesText(rulesTotal);
    const [begun, book] = [process.hrtime.bigint(), bookOf(text)];
    const msToRead = Number(process.hrtime.bigint() - begun) / 1e6;
    const calls = Array.from({ length: callsTotal }, (_, index) => callOf(index));
    const matched = calls.filter((call) => book.decide(call).policy !== 'nothing').length;
    say(`${matched} of ${callsTotal} calls are decided by a rule, the others by none`);
    const usOfRounds = Array.from({ length: rounds }, () => {
      const before = cpuUsage();
      for (const call of calls) book.decide(call);
      const { user, system } = cpuUsage(before);
      return (user + system) / callsTotal;
    });
    const explained = cpuUsage();
    for (const call of calls) book.explain(call);
    const { user, system } = cpuUsage(explained);
    const msBlocked = await blockedByReload(text);
    const rounded = (value: number | null) => (value === null ? null : Number(value.toFixed(1)));
    return {
      usPerDecision: rounded(percentile(usOfRounds, 0.5)),
      usPerDecisionWorstRound: rounded(Math.max(...usOfRounds)),
      usPerExplanation: rounded((user + system) / callsTotal),
      msToReadTheRules: rounded(msToRead),
      msBlockedByReload: rounded(msBlocked),
      callsDecidedByARule: matched,
    };
  },
};

function bookOf(text: string): RuleBook {
  return new RuleBook(rulesOfTenant(parseRules(text, 'bench'), 'bench'));
}

/** The longest time in which the event loop came to nothing else. */
async function blockedByReload(text: string): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const tree = rulesOfTenant(await readRulesAside(text, 'bench'), 'bench');
  await RuleBook.compiled(tree, () => setImmediate());
  delay.disable();
  return delay.max / 1e6;
}

/** Ten groups of a hundred rules: masks, DNs, agents, attached data, directions, times, draws, and these together. */
function rulesText(count: number): string {
  const kinds: readonly ((n: number) => string)[] = [
    (n) => `numbers: '${n}*'`,
    (n) => `numbers: '>${n}?'`,
    (n) => `numbers: '${n}=${n + 1},*${n}>'`,
    (n) => `dns: '${n}00-${n}49,9${n}'`,
    (n) => `agents: ['77${n}*', '88${n}']`,
    (n) => `data: {Segment: [s${n}, 'gold${n}*'], Language: de}`,
    (n) => `direction: [outbound], numbers: '${n}??'`,
    (n) => `from: '22:00', to: '06:00', weekdays: [sat], numbers: '1${n}*'`,
    (n) => `data: {Segment: s*}, agents: 9${n}*`,
    (n) => `probability: 1, numbers: '${n}*>'`,
  ];
  const rule = (n: number) => `{name: r${n}, policy: record, ${kinds[n % kinds.length]!(n + 3_000)}}`;
  const group = (g: number) => {
    const list = Array.from({ length: count / 10 }, (_, index) => rule(g * (count / 10) + index));
    return `{name: g${g}, rules: [${list.join(', ')}]}`;
  };
  const groups = Array.from({ length: 10 }, (_, index) => group(index));
  return `admin: {groups: [${groups.join(', ')}]}`;
}

function callOf(index: number): RuleCall {
  const directions: readonly Direction[] = ['inbound', 'outbound', 'internal', 'consult'];
  const dn = String(2_000 + (index % 1_500));
  return {
    dn,
    calling: [`04${12_000_000 + index}`, `4930${index}`],
    called: [`800${index % 50}`, dn],
    recordingId: `recording-${index}`,
    direction: directions[index % directions.length]!,
    agentId: `77${index}`,
    data: { Segment: `s${index}`, Language: index % 2 === 0 ? 'de' : 'en', CustomerID: String(index) },
    atMs: Date.UTC(2026, 0, 10, 23) + index * 60_000,
  };
}
