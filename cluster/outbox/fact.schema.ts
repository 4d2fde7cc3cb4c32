// What processes tell each other of calls and recordings, to last: the last word on a couple, whole, and each recording that is finished.
// The later of two facts on one subject by one writer replaces the earlier.

import { z } from 'zod';
import { coupleSubject } from '#cluster/redis';
import { type Couple, coupleSchema } from '#src/recording';

/** A recording in its place. */
const finishedSchema = z.object({
  tenant: z.string(),
  node: z.string(),
  take: z.string(),
  recordingId: z.string(),
  /** Below the folder of recordings of its node. */
  folder: z.string(),
  /** SHA-256 of its `manifest.json`, in hex. */
  manifestDigest: z.string(),
  lengthMs: z.number(),
  packets: z.int(),
  /** Codes of what is wrong with it. */
  problems: z.array(z.string()),
});

export type Finished = z.output<typeof finishedSchema>;

export type Fact =
  | { readonly type: 'couple'; readonly couple: Couple }
  | { readonly type: 'finished'; readonly finished: Finished };
export type FactType = Fact['type'];

/** A fact as it is written: `text` is the JSON of what it says, `subject` what it is about. */
export interface WrittenFact {
  readonly subject: string;
  readonly type: FactType;
  readonly text: string;
}

export function writeFact(fact: Fact): WrittenFact {
  if (fact.type === 'couple') {
    const { tenant, sid } = fact.couple;
    return { subject: coupleSubject(tenant, sid), type: fact.type, text: JSON.stringify(fact.couple) };
  }
  const { tenant, take } = fact.finished;
  return { subject: `take:${tenant}/${take}`, type: fact.type, text: JSON.stringify(fact.finished) };
}

/** What {@link writeFact} wrote. Throws when it is anything else. */
export function readFact(type: string, text: string): Fact {
  const said: unknown = JSON.parse(text);
  if (type === 'couple') return { type, couple: coupleSchema.parse(said) };
  if (type === 'finished') return { type, finished: finishedSchema.parse(said) };
  throw new Error(`'${type}' is no type of fact`);
}
