// What may stand in a rules file: groups in a hierarchy, the rules of each, and what a rule may ask of a call. YAML or JSON.

import { z } from 'zod';
import { DnRanges, MaskList } from '#src/dn';
import { TwinreelError } from '#src/errors';

export const policies = ['record', 'pre-record', 'do-not-record', 'ignore'] as const;
export const directions = ['inbound', 'outbound', 'internal', 'consult'] as const;
/** As they are counted everywhere here: Monday is 0. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** A text that `read` reads without throwing. */
const readable = (read: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof TwinreelError)) throw error;
      context.addIssue({ code: 'custom', message: String(error.details['allowed']) });
    }
  });

const name = z
  .string()
  .regex(/^[^/\p{Cc}]{1,100}$/u, '1 to 100 characters, none of them a slash')
  .describe('how it is called where a decision is explained; the draws of a probability depend on it, too');
const masks = readable(MaskList.parse);
const ranges = readable((text) => new DnRanges({ include: [text] }));
const patterns = z
  .union([z.string().max(1_000), z.array(z.string().max(1_000)).min(1).max(1_000)], {
    error: 'a text, or a list of texts',
  })
  .transform((one) => (typeof one === 'string' ? [one] : one));
const timeOfDay = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00)$/, 'a time of day such as "08:30", in quotes');

const rule = z
  .strictObject({
    name,
    active: z.boolean().default(true).describe('false: the rule is passed over'),
    policy: z
      .enum(policies)
      .describe('what is done about a call that the rule is about; ignore: on to the groups below'),
    dns: ranges.optional().describe('DNs that are watched, as ranges: 1000-1900,3556'),
    numbers: masks.optional().describe('masks of who calls whom: 200?, 2005>, >2005, 2501=2525'),
    agents: patterns.optional().describe('ids of agents; ? and * as in masks'),
    data: z
      .record(z.string().min(1).max(255), patterns)
      .optional()
      .describe('attached data: every key must be there with one of these values; ? and * as in masks'),
    direction: z.array(z.enum(directions)).min(1).optional().describe('which way the call goes'),
    weekdays: z.array(z.enum(weekdays)).min(1).optional().describe('days on which the call was answered'),
    from: timeOfDay.optional().describe('time of day from which calls are answered'),
    to: timeOfDay
      .optional()
      .describe('time of day before which they are; before `from`: on the day after, which counts as the day before'),
    probability: z.number().min(0).max(100).default(100).describe('per cent of these calls that the rule is about'),
    screen: z.boolean().default(false).describe("true: the agent's screen is captured, too"),
  })
  .refine(({ from, to }) => (from === undefined) === (to === undefined) && (from === undefined || from !== to), {
    path: ['to'],
    message: 'from and to go together, and differ',
  })
  .refine(({ policy, screen }) => !screen || policy === 'record' || policy === 'pre-record', {
    path: ['screen'],
    message: 'a screen is captured where the policy is record or pre-record',
  });

const uniqueNames = (list: readonly { readonly name: string }[]) =>
  new Set(list.map((one) => one.name)).size === list.length;

const branch = {
  numbers: masks.optional().describe('masks of the calls that the group and those below it see; nothing: all'),
  rules: z
    .array(rule)
    .max(10_000)
    .refine(uniqueNames, 'each rule of a group has a name of its own')
    .default([])
    .describe('from top to bottom, the first one that is about a call decides'),
};

const group = z.strictObject({
  name,
  ...branch,
  get groups() {
    return subgroups;
  },
});

const subgroups: z.ZodType<Group[], GroupInput[] | undefined> = z
  .array(z.lazy((): z.ZodType<Group, GroupInput> => group))
  .max(1_000)
  .refine(uniqueNames, 'each group below another one has a name of its own')
  .default([])
  .describe('asked when no rule of this group decides, all at once: record wins over pre-record over do-not-record');

const timeZone = z
  .string()
  .refine(isTimeZone, 'a time zone such as Europe/Berlin or UTC')
  .describe('time zone of weekdays and times of day; without it that of this machine');

const book = {
  timeZone: timeZone.optional(),
  admin: z
    .strictObject({ ...branch, groups: subgroups })
    .default({ rules: [], groups: [] })
    .describe('the group above all others'),
};

/** The shape of a rules file. */
export const rulesSchema = z.strictObject({
  ...book,
  tenants: z
    .record(z.string().min(1), z.strictObject(book))
    .default({})
    .describe('rules of a tenant by its name, in place of those above'),
});

export type Policy = (typeof policies)[number];
export type Direction = (typeof directions)[number];
export type Rule = z.output<typeof rule>;
type RuleInput = z.input<typeof rule>;

export interface Branch {
  readonly numbers?: string | undefined;
  readonly rules: readonly Rule[];
  readonly groups: readonly Group[];
}

export interface Group extends Branch {
  readonly name: string;
}

interface GroupInput {
  readonly name: string;
  readonly numbers?: string | undefined;
  readonly rules?: readonly RuleInput[] | undefined;
  readonly groups?: readonly GroupInput[] | undefined;
}

/** The rules of one tenant. */
export interface RuleTree {
  readonly timeZone?: string | undefined;
  readonly admin: Branch;
}

/** A whole rules file. */
export type RulesFile = RuleTree & { readonly tenants: Readonly<Record<string, RuleTree>> };

/** Settings of each kind of thing in a rules file, by its last keys. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const last = path.filter((key) => typeof key === 'string').at(-1);
  if (last === 'rules') return Object.keys(rule.shape);
  if (last === 'groups') return ['name', ...Object.keys(branch), 'groups'];
  if (last === 'admin') return [...Object.keys(branch), 'groups'];
  return path.length === 0 ? Object.keys(rulesSchema.shape) : Object.keys(book);
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
