import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SealedFile } from '#src/journal';
import { seededRandom, VirtualClock } from '#src/ports';
import { SealedPackets, type StoredRecording } from '#src/recording';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { manifest } from './consolidate/facts-drawn.ts';

const packets = 8_000;
const packetBytes = 400;

/** Some twelve blocks of packets that say which they are. */
async function recorded(): Promise<StoredRecording> {
  const folder = temporaryFolder('sealed');
  onTestFinished(() => folder.remove());
  const [clock, random] = [new VirtualClock(0), seededRandom(3)];
  const options = { writer: 'n', publicKey: journalKeys.publicKey, clock, random };
  mkdirSync(folder.path, { recursive: true });
  const file = new SealedFile({ path: join(folder.path, 'n.rtp'), ...options });
  for (let n = 0; n < packets; n += 1) {
    const bytes = Buffer.alloc(packetBytes);
    bytes.writeUInt32BE(n);
    file.append('rtp', 1, n, bytes);
  }
  await file.finish();
  const copies = [{ file: 'n.rtp', node: 'n', bytes: 0, sha256: '00', chainHead: '00' }];
  const signature = { algorithm: 'ed25519' as const, keyId: '00', value: '00' };
  return { folder: folder.path, manifest: { facts: manifest(1, 0, { copies }), signature } };
}

async function numbersOf(sealed: SealedPackets, untilBlock = Number.POSITIVE_INFINITY): Promise<number[]> {
  const numbers: number[] = [];
  let blocks = 0;
  for await (const records of sealed.blocks()) {
    for (const { bytes } of records) numbers.push(bytes.readUInt32BE());
    blocks += 1;
    if (blocks === untilBlock) break;
  }
  return numbers;
}

it('R-RPL-2: the packets of a recording are read whole by all who read it at once, however far apart they are', async () => {
  const sealed = new SealedPackets(await recorded(), [journalKeys.privateKey]);
  const all = Array.from({ length: packets }, (_, n) => n);
  const slow = sealed.blocks();
  const slowly: number[] = [];
  const takeOne = async () => {
    const { value } = await slow.next();
    for (const { bytes } of value ?? []) slowly.push(bytes.readUInt32BE());
    return value !== undefined;
  };
  await takeOne();
  // By then what the slow one needs next is no longer kept.
  expect(await numbersOf(sealed)).toEqual(all);
  await takeOne();
  const together = [numbersOf(sealed), numbersOf(sealed), numbersOf(sealed, 3)];
  while (await takeOne());
  const [one, other, broken] = await Promise.all(together);
  expect([one, other, slowly]).toEqual([all, all, all]);
  expect(broken).toEqual(all.slice(0, broken!.length));
  expect(await numbersOf(sealed)).toEqual(all);
});
