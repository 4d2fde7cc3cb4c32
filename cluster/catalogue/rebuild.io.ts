// Makes the catalogue again from conversations that somebody has put together of manifests and facts. Meanwhile searches find those
// that are there already; what changes meanwhile may be put in as ever.

import type { Conversation } from '#src/recording/consolidate';
import type { Catalogue } from './catalogue.io.ts';

const batchMax = 500;

/** Resolves with how many there were. `onProgress` hears how many are in. */
export async function rebuild(
  catalogue: Catalogue,
  conversations: AsyncIterable<Conversation> | Iterable<Conversation>,
  onProgress: (count: number) => void = () => {},
): Promise<number> {
  await catalogue.clear();
  let count = 0;
  let batch: Conversation[] = [];
  const flush = async () => {
    await catalogue.put(batch);
    count += batch.length;
    batch = [];
    onProgress(count);
  };
  for await (const one of conversations) {
    batch.push(one);
    if (batch.length === batchMax) await flush();
  }
  await flush();
  return count;
}
