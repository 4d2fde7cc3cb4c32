// All conversations that the replay of a machine knows of, read while it does not run: what its catalogue can be made of again.

import { join } from 'node:path';
import type { Layout } from '#src/config';
import { ensureKeyPair, loadPrivateKey, loadPublicKey } from '#src/journal';
import type { Conversation } from '#src/recording/consolidate';
import { Knowledge, type KnowledgeOptions } from './knowledge.io.ts';
import { RecordingStore } from './recording-store.io.ts';

/** Never while replay runs: the journal of facts has one writer. */
export async function conversationsKnownIn(
  { keysDir, replayDir }: Layout,
  log: KnowledgeOptions['log'],
): Promise<readonly Conversation[]> {
  const { publicKeyFile, privateKeyFile } = await ensureKeyPair(keysDir);
  const [publicKey, privateKey] = await Promise.all([loadPublicKey(publicKeyFile), loadPrivateKey(privateKeyFile)]);
  const knowledge = await Knowledge.open({ folder: join(replayDir, 'facts'), publicKey, privateKey, log });
  try {
    const recordings = await RecordingStore.open(join(replayDir, 'recordings'), log);
    for (const fact of recordings.facts()) knowledge.see(fact);
    return knowledge.takeChanged();
  } finally {
    await knowledge.close();
  }
}
