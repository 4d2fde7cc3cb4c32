// A stream has an id for everybody and, in each segment, a number in front of its records.

import type { JournalRecord } from './record.ts';

/** The fact that binds a stream's number to its id, for the segment it stands in. It precedes the stream's records there. */
export interface StreamBinding {
  readonly fact: 'stream-opened';
  readonly stream: string;
}

/** Notes the id that a fact binds to its number, if it does; of the ids that are wanted, where not all are. */
export function bind(record: JournalRecord, ids: Map<number, string>, wanted?: ReadonlySet<string>): void {
  const fact = JSON.parse(record.bytes.toString()) as Partial<StreamBinding>;
  if (fact.fact !== 'stream-opened' || typeof fact.stream !== 'string') return;
  if (!wanted || wanted.has(fact.stream)) ids.set(record.stream, fact.stream);
  else ids.delete(record.stream);
}
