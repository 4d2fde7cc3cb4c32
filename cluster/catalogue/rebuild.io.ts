// Makes the catalogue again from conversations that somebody has put together of manifests and facts. Meanwhile searches find those
// that are there already; what changes meanwhile may be put in as ever.

import type { Conversation, Saying } from '#src/recording/consolidate';
import type { Catalogue } from './catalogue.io.ts';

const batchMax = 500;

/** A conversation, and what people said of it. */
export interface Known {
  readonly conversation: Conversation;
  readonly sayings: readonly Saying[];
}

/** Resolves with how many there were. `onProgress` hears how many are in. */
export async function rebuild(
  catalogue: Catalogue,
  known: AsyncIterable<Known> | Iterable<Known>,
  onProgress: (count: number) => void = () => {},
): Promise<number> {
  await catalogue.clear();
  let count = 0;
  let batch: Known[] = [];
  const flush = async () => {
    await catalogue.put(batch.map(({ conversation }) => conversation));
    for (const { conversation, sayings } of batch) await catalogue.restore(conversation, sayings);
    count += batch.length;
    batch = [];
    onProgress(count);
  };
  for await (const one of known) {
    batch.push(one);
    if (batch.length === batchMax) await flush();
  }
  await flush();
  return count;
}
