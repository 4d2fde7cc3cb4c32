import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '#src/errors';
import { SealedFile } from '#src/journal';
import { blocksOf } from '#src/media';
import { builtInDecoders } from '#src/media/codec';
import { seededRandom, VirtualClock } from '#src/ports';
import { destroyedFile, type StoredRecording, signManifest } from '#src/recording';
import { readMerged } from '#src/recording/merge';
import { journalKeys } from '../../../harness/journal-keys.ts';
import { manifest, stream } from '../consolidate/facts-drawn.ts';
import { beganMs, sent } from './sent.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twinreel-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const otherNode = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const privateKeys = [otherNode.privateKey, journalKeys.privateKey];
const parties = ['0170', '3551'];

/** A take of two voices of 5 s. `lost` by the number of the packet. */
async function stored(
  take: string,
  { skewMs, lost, publicKey }: { skewMs: number; lost: (n: number) => boolean; publicKey: typeof otherNode.publicKey },
): Promise<StoredRecording> {
  const path = join(folder, take);
  mkdirSync(path);
  const [clock, random] = [new VirtualClock(beganMs), seededRandom(3)];
  const file = new SealedFile({ path: join(path, 'n.rtp'), writer: 'n', publicKey, clock, random });
  const voices = parties.map((_, index) => sent(index, 250, { ssrc: index + 1, sequence: 9, timestamp: 9 }));
  for (let n = 0; n < 250; n += 1) {
    if (lost(n)) continue;
    for (const [index, voice] of voices.entries()) {
      const { atMs, bytes } = voice[n]!;
      file.append('rtp', index + 1, (atMs + skewMs) * 1000, bytes);
    }
  }
  await file.finish();
  const startedMs = beganMs + skewMs;
  const copies = [{ file: 'n.rtp', node: take, bytes: 0, sha256: '00', chainHead: '00' }];
  const streams = parties.map((party) => stream(`${take}-${party}`, party, startedMs));
  const facts = manifest(1, 0, { take, node: take, startedMs, copies, streams, pauses: [] });
  return { folder: path, manifest: signManifest(facts, generateKeyPairSync('ed25519').privateKey) };
}

describe('reading a conversation out of the folders of its takes', () => {
  it('R-RPL-2: what one node missed is read from the other one, whatever their clocks and keys are', async () => {
    const takes = [
      await stored('A', { skewMs: 0, lost: (n) => n >= 100 && n < 200, publicKey: journalKeys.publicKey }),
      await stored('B', { skewMs: 30_000, lost: (n) => n < 50 || n === 120, publicKey: otherNode.publicKey }),
    ];
    const found = await readMerged(takes, { privateKeys });
    expect(found!.merged.tracks.map(({ party, packets, gaps }) => [party, packets, gaps])).toEqual(
      parties.map((party) => [party, 249, [{ fromMs: 2_400, toMs: 2_420, packets: 1, certainty: 'exact' }]]),
    );
    expect(found!.merged.audio).toEqual({ startedMs: beganMs, lengthMs: 5_000 });
    let samples = 0;
    for (const voice of found!.voices)
      for await (const blocks of blocksOf(voice, builtInDecoders))
        for (const block of blocks) samples += block.samples.length;
    expect(samples).toBe(2 * 249 * 160);
    const again = await readMerged(takes.toReversed(), { privateKeys });
    expect(again!.merged).toEqual(found!.merged);
  });

  it('R-RPL-7: a take whose media was destroyed is left out, and nothing is read without its key', async () => {
    const take = await stored('A', { skewMs: 0, lost: () => false, publicKey: journalKeys.publicKey });
    const refused = await readMerged([take], { privateKeys: [otherNode.privateKey] }).catch(codeOf);
    expect(refused).toBe('journal-key-unusable');
    writeFileSync(join(take.folder, destroyedFile), '{}');
    expect(await readMerged([take], { privateKeys })).toBeUndefined();
  });
});
