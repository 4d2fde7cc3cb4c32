// What a tenant says about the metadata of its couples: attached data, further attributes, names of agents (guide ch. 4).

import { z } from 'zod';
import { attributeNumbers } from '#src/cti';
import { unkeptAttributes } from './keys.ts';

/** Attributes of T-Lib that may be kept besides those of the guide's table. */
const attributes = Object.keys(attributeNumbers).filter((name) => !unkeptAttributes.has(name));

const userDatum = z.strictObject({
  key: z.string().min(1).max(255).describe('key of attached data'),
  name: z.string().max(255).default('').describe('name people see'),
});

const agentName = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false: couples carry no full name of their agent'),
    order: z.enum(['first-last', 'last-first']).default('first-last').describe('which name stands first'),
    delimiter: z
      .enum(['space', 'comma-space', 'custom'])
      .default('space')
      .describe('what stands between the names: John Smith; Smith, John; or the text of custom'),
    custom: z.string().max(5, 'at most 5 characters').default('').describe('delimiter of up to 5 characters'),
  })
  .refine(({ delimiter, custom }) => delimiter !== 'custom' || custom !== '', {
    path: ['custom'],
    message: 'a custom delimiter is 1 to 5 characters',
  });

export const metadataShape = {
  userData: z
    .array(userDatum)
    .max(256)
    .default([])
    .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, 'each key is named once')
    .describe('attached data that is kept, with the name people see (guide: User data configuration)'),
  otherUserData: z.boolean().default(true).describe('false: attached data that userData does not list is not kept'),
  attributes: z
    .array(z.enum(attributes as [string, ...string[]]))
    .max(64)
    .default([])
    .describe('attributes of telephony events that are kept besides those of the guide, as GEN_TEV_ and their name'),
  agentName: agentName.prefault({}),
} as const;

export const metadataSchema = z.strictObject(metadataShape);

export type MetadataSettings = z.output<typeof metadataSchema>;
