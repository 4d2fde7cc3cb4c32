// What can be searched for. Whose conversations may be found is no part of it: that comes with who asks.

import { z } from 'zod';
import { problemStatuses } from '#src/recording';

const text = z.string().min(1).max(200);
const ms = z.number().min(0).max(8.64e15);

export const numberPartMin = 3;

const numberFilter = z
  .object({
    match: z.enum(['exact', 'prefix', 'part']).describe('the whole number, how it begins, or a part of it'),
    text,
  })
  .refine(
    ({ match, text: number }) => match !== 'part' || number.replaceAll(/[^\p{L}\p{N}]/gu, '').length >= numberPartMin,
    {
      path: ['text'],
      message: `at least ${numberPartMin} digits of a number`,
    },
  );

export const filterSchema = z.strictObject({
  fromMs: ms.optional().describe('began then or later; ms since 1970'),
  toMs: ms.optional().describe('began before'),
  dn: text.optional().describe('a DN that was recorded'),
  agent: text.optional().describe('id of an agent, the whole name, or a word of it'),
  number: numberFilter.optional(),
  direction: z
    .array(z.enum(['unknown', 'internal', 'inbound', 'outbound', 'consult']))
    .min(1)
    .max(5)
    .optional(),
  lengthMsMin: ms.optional(),
  lengthMsMax: ms.optional(),
  data: z
    .array(
      z.object({
        key: text,
        value: text.optional().describe('absent: any value'),
        match: z.enum(['exact', 'prefix']).default('exact'),
      }),
    )
    .max(16)
    .optional()
    .describe('external data; all of them'),
  problem: z.array(z.enum(problemStatuses)).min(1).max(problemStatuses.length).optional(),
  text: text.optional().describe('words, or how they begin: names, numbers, external data, tags, notes; all of them'),
  tags: z.array(text).max(16).optional().describe('all of them'),
});

export type Filter = z.input<typeof filterSchema>;
