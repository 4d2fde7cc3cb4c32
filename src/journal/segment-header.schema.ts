// What the header of a segment says, as JSON.

import { z } from 'zod';
import { wrapName } from './seal.ts';

const hex = z.string().regex(/^([0-9a-f]{2})*$/);

const segmentHeaderSchema = z.object({
  writer: z.string(),
  incarnation: z.uuid(),
  /** 1 for the first segment of an incarnation. */
  ordinal: z.int().min(1),
  startedAtMs: z.number(),
  /** Segment of this incarnation before this one, with the digest of its last block of records: the chain crosses files. */
  previous: z.object({ segment: z.string(), digest: hex }).nullable(),
  key: z.object({ wrap: z.literal(wrapName), wrapped: hex }),
});

export type SegmentHeader = z.output<typeof segmentHeaderSchema>;

/** The header, or undefined when it is not one. */
export function parseSegmentHeader(value: unknown): SegmentHeader | undefined {
  return segmentHeaderSchema.safeParse(value).data;
}
