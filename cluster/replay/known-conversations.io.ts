// What replay of this machine knows of, read while it does not run: what its catalogue can be made of again.

import { join } from 'node:path';
import type { Known } from '#cluster/catalogue';
import type { Config, Layout } from '#src/config';
import { ensureKeyPair, loadPrivateKey, loadPublicKey } from '#src/journal';
import { sayingsOf } from '#src/recording/consolidate';
import { Knowledge, type KnowledgeOptions } from './knowledge.io.ts';
import { RecordingStore } from './recording-store.io.ts';

/** Its facts. Of who begins with none: the recordings that lie in its store. */
export async function openKnowledge(
  { replay }: Config,
  { keysDir, replayDir }: Layout,
  log: KnowledgeOptions['log'],
): Promise<Knowledge> {
  const { publicKeyFile, privateKeyFile } = await ensureKeyPair(keysDir);
  const [publicKey, privateKey] = await Promise.all([loadPublicKey(publicKeyFile), loadPrivateKey(privateKeyFile)]);
  return Knowledge.open({
    folder: join(replayDir, 'facts'),
    publicKey,
    privateKey,
    bytesMax: replay.factsBytesMax,
    quietMs: replay.quietMs,
    log,
  });
}

export function recordingsIn({ replayDir }: Layout): RecordingStore {
  return new RecordingStore(join(replayDir, 'recordings'));
}

/** Never while replay runs: the journal of facts has one writer. One after the other, so that they need not all be in memory. */
export async function* conversationsKnownIn(
  config: Config,
  layout: Layout,
  log: KnowledgeOptions['log'],
): AsyncGenerator<Known> {
  const knowledge = await openKnowledge(config, layout, log);
  try {
    if (knowledge.isNew) {
      for await (const manifest of recordingsIn(layout).manifests(log)) {
        await knowledge.learn({ type: 'manifest', manifest });
        if (knowledge.isFull) await letGo(knowledge);
      }
    }
    for await (const { conversations, facts } of knowledge.all())
      for (const conversation of conversations) yield { conversation, sayings: sayingsOf(conversation, facts) };
  } finally {
    await knowledge.close();
  }
}

async function letGo(knowledge: Knowledge): Promise<void> {
  knowledge.takeChanged();
  await knowledge.putAway();
}
