// The voices of a conversation out of the folders of its takes: each packet once, from whichever copy has it, to be decoded or exported.
// Reads every file twice, and once more for whoever hears a voice; holds about 30 bytes a packet, and of the packets a block.

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { VoiceSource } from '#src/media';
import { type ArrivedPacket, TimelineBuilder } from '#src/media/timeline';
import { destroyedFile, type ManifestFacts, payloadMapOf, readPackets, type StoredRecording } from '#src/recording';
import type { Merged, ToldClock } from '#src/recording/consolidate';
import { Copy } from './copy.ts';
import { mergedOf, type PlannedTrack, planMerge } from './merge.ts';
import { packetsOf, type ReadCopy } from './packets.ts';

export interface ReadMergedOptions {
  /** Of the nodes: one of them opens each recording. */
  readonly privateKeys: readonly KeyObject[];
  /** Clocks that somebody has measured, believed where the packets tell nothing. */
  readonly clocks?: readonly ToldClock[];
}

export interface MergedRecording {
  /** The fact `{type: 'merged', tenant, merged}` of the conversation. Its tracks say in `channel` only which of them are of both sides. */
  readonly merged: Merged;
  /**
   * One for each of `merged.tracks`, in their order: laid out in time, packets to be read anew by each side on which it is heard, as
   * `planStereo` and `renderStereo` take them. Their timelines align as `merged.audio` says.
   */
  readonly voices: readonly VoiceSource[];
}

/**
 * Merges the takes of one conversation. Undefined when none of them has a packet. What was destroyed is left out. The same takes give the
 * same, in whatever order they are named.
 * @throws TwinreelError `journal-key-unusable` when no key opens one of them, `journal-unreadable` when a file is damaged at its beginning.
 */
export async function readMerged(
  recordings: readonly StoredRecording[],
  options: ReadMergedOptions,
): Promise<MergedRecording | undefined> {
  const here = recordings.filter(({ folder }) => !existsSync(join(folder, destroyedFile)));
  const files = new Map<Copy, { readonly recording: StoredRecording; readonly number: number }>();
  for (const recording of here) {
    const copies = copiesOf(recording.manifest.facts);
    for (const [index, copy] of copies.entries()) files.set(copy, { recording, number: index + 1 });
    for await (const records of readPackets(recording, options.privateKeys)) {
      for (const { stream, atUs, bytes } of records) copies[stream - 1]?.add({ arrivalUs: atUs, bytes });
    }
  }
  const read: ReadCopy = (copy) => datagramsOf(files.get(copy)!, options.privateKeys);
  const manifests = here.map(({ manifest }) => manifest.facts);
  const plan = planMerge(manifests, [...files.keys()], options.clocks);
  if (!plan) return undefined;
  const voices: VoiceSource[] = [];
  for (const track of plan.tracks) voices.push(await voiceOf(track, read));
  const merged = mergedOf(
    plan,
    voices.map(({ timeline }) => timeline),
  );
  return merged && { merged, voices };
}

function copiesOf({ take, node, streams, pauses }: ManifestFacts): Copy[] {
  return streams.map(
    ({ stream, party, mixed, formats, holds = [] }) =>
      new Copy({ take, node, stream, party, mixed, payloads: payloadMapOf(formats), pauses, holds }),
  );
}

async function voiceOf({ plan, payloads, pauses, holds }: PlannedTrack, read: ReadCopy): Promise<VoiceSource> {
  const builder = new TimelineBuilder({ payloads, pauses, holds });
  for await (const batch of packetsOf(plan, read)) for (const packet of batch) builder.add(packet);
  const packets = { [Symbol.asyncIterator]: () => packetsOf(plan, read) };
  return { timeline: builder.finish(), packets, payloads };
}

async function* datagramsOf(
  { recording, number }: { readonly recording: StoredRecording; readonly number: number },
  privateKeys: readonly KeyObject[],
): AsyncGenerator<readonly ArrivedPacket[]> {
  for await (const records of readPackets(recording, privateKeys)) {
    const own = records.filter(({ stream }) => stream === number);
    if (own.length > 0) yield own.map(({ atUs, bytes }) => ({ arrivalUs: atUs, bytes }));
  }
}
