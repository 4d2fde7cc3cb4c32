// One thing a rule asks of a call. Compiled once; `fails` says for a person why a call is not what the rule is about.

import { type CallNumbers, compilePattern, DnRanges, headOf, MaskList } from '#src/dn';
import { draw } from './draw.ts';
import { type LocalTime, secondOf } from './local-time.ts';
import { type Direction, type Rule, weekdays } from './rules.schema.ts';

/** A party of a call, as rules see it. What is not known yet is absent, and fails whatever asks for it. */
export interface RuleCall extends CallNumbers {
  /** The DN that is watched: the party that would be recorded. */
  readonly dn: string;
  /** What its recording is called, or would be: draws depend on it. */
  readonly recordingId: string;
  readonly direction: Direction | 'unknown';
  readonly agentId?: string;
  readonly data: Readonly<Record<string, string>>;
  /** When the party began to talk, by the event that told it (wall clock). */
  readonly atMs: number;
}

/** A call under judgement; the time on the wall is worked out when the first rule asks. */
export interface Judged {
  readonly call: RuleCall;
  readonly local: () => LocalTime;
}

export interface Condition {
  /** It holds only where a text of this field (`number`, `dn`, `agent`, `data KEY`) begins with one of these. */
  readonly guard?: { readonly field: string; readonly heads: readonly string[] };
  readonly holds: (judged: Judged) => boolean;
  readonly fails: (judged: Judged) => string;
}

/** What a rule asks, the cheapest first; the draw is last, for calls that are all else the rule is about. */
export function conditionsOf(rule: Rule, ruleId: string): Condition[] {
  return [
    ...(rule.direction ? [directionIn(rule.direction)] : []),
    ...(rule.dns !== undefined ? [dnIn(rule.dns)] : []),
    ...numbersLike(rule.numbers),
    ...(rule.agents ? [agentLike(rule.agents)] : []),
    ...Object.entries(rule.data ?? {}).map(([key, values]) => dataLike(key, values)),
    ...(rule.weekdays || rule.from !== undefined ? [timeIn(rule)] : []),
    ...(rule.probability < 100 ? [drawnBelow(rule.probability, ruleId)] : []),
  ];
}

/** None when every call is meant. */
export function numbersLike(text = ''): Condition[] {
  const masks = MaskList.parse(text);
  if (masks.isEvery) return [];
  const { heads } = masks;
  return [
    {
      ...(heads && { guard: { field: 'number', heads } }),
      holds: ({ call }) => masks.matches(call),
      fails: ({ call }) =>
        `numbers '${text}' are not those of a call from ${either(call.calling)} to ${either(call.called)}`,
    },
  ];
}

function directionIn(wanted: readonly Direction[]): Condition {
  return {
    holds: ({ call }) => wanted.includes(call.direction as Direction),
    fails: ({ call }) => `the call is ${call.direction}, not ${wanted.join(' or ')}`,
  };
}

function dnIn(text: string): Condition {
  const ranges = new DnRanges({ include: [text] });
  const { heads } = ranges;
  return {
    ...(heads && { guard: { field: 'dn', heads } }),
    holds: ({ call }) => ranges.has(call.dn),
    fails: ({ call }) => `DN ${call.dn} is not in ${shortened(text)}`,
  };
}

function agentLike(wanted: readonly string[]): Condition {
  const patterns = wanted.map(compilePattern);
  return {
    guard: { field: 'agent', heads: wanted.map(headOf) },
    holds: ({ call: { agentId } }) => agentId !== undefined && patterns.some((is) => is(agentId)),
    fails: ({ call: { agentId } }) =>
      `${agentId === undefined ? 'no agent is known' : `agent ${agentId} is`} not ${wanted.join(' or ')}`,
  };
}

function dataLike(key: string, wanted: readonly string[]): Condition {
  const patterns = wanted.map(compilePattern);
  const attached = ({ data }: RuleCall) => (Object.hasOwn(data, key) ? data[key] : undefined);
  return {
    guard: { field: `data ${key}`, heads: wanted.map(headOf) },
    holds({ call }) {
      const value = attached(call);
      return value !== undefined && patterns.some((is) => is(value));
    },
    fails({ call }) {
      const value = attached(call);
      return value === undefined
        ? `no ${key} is attached`
        : `${key} '${shortened(value)}' is not ${wanted.join(' or ')}`;
    },
  };
}

/** A span over midnight belongs to the day on which it begins. */
function timeIn({ weekdays: days = [...weekdays], from = '00:00', to = '24:00' }: Rule): Condition {
  const [first, last] = [secondOf(from), secondOf(to)];
  const isDay = weekdays.map((day) => days.includes(day));
  const on = (weekday: number) => isDay[(weekday + 7) % 7]!;
  const text = `${days.length < 7 ? `${days.join(', ')} ` : ''}${from} to ${to}`;
  return {
    holds({ local }) {
      const { weekday, second } = local();
      if (first < last) return on(weekday) && second >= first && second < last;
      return (second >= first && on(weekday)) || (second < last && on(weekday - 1));
    },
    fails({ local }) {
      const { weekday, second } = local();
      const clock = [second / 3600, (second % 3600) / 60].map((part) => String(Math.floor(part)).padStart(2, '0'));
      return `${weekdays[weekday]} ${clock.join(':')} is not in ${text}`;
    },
  };
}

function drawnBelow(probability: number, ruleId: string): Condition {
  return {
    holds: ({ call }) => draw(call.recordingId, ruleId) < probability,
    fails: ({ call }) =>
      `the draw of this recording is ${draw(call.recordingId, ruleId).toFixed(1)}, not below ${probability} %`,
  };
}

function either(numbers: readonly string[]): string {
  return numbers.length === 0 ? 'nobody known' : numbers.join(' or ');
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
