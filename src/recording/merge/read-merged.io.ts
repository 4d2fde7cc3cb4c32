// The voices of a conversation out of the folders of its takes: each packet once, from whichever copy has it, to be decoded or exported.
// Reads every file once, and once more for those who hear its voices side by side; holds about 30 bytes a packet, and of the packets some
// blocks.

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { VoiceSource } from '#src/media';
import type { ArrivedPacket } from '#src/media/timeline';
import { destroyedFile, type ManifestFacts, payloadMapOf, SealedPackets, type StoredRecording } from '#src/recording';
import type { Merged, ToldClock } from '#src/recording/consolidate';
import { Copy } from './copy.ts';
import { timelineOf } from './laid-out.ts';
import { mergedOf, planMerge } from './merge.ts';
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
  const files = new Map<Copy, { readonly sealed: SealedPackets; readonly number: number }>();
  for (const recording of here) {
    const sealed = new SealedPackets(recording, options.privateKeys);
    const copies = copiesOf(recording.manifest.facts);
    for (const [index, copy] of copies.entries()) files.set(copy, { sealed, number: index + 1 });
    for await (const records of sealed.blocks())
      for (const { kind, stream, atUs, bytes } of records)
        if (kind !== 'fact') copies[stream - 1]?.add({ arrivalUs: atUs, bytes });
  }
  const read: ReadCopy = (copy) => datagramsOf(files.get(copy)!);
  const manifests = here.map(({ manifest }) => manifest.facts);
  const plan = planMerge(manifests, [...files.keys()], options.clocks);
  if (!plan) return undefined;
  const timelines = plan.tracks.map(timelineOf);
  const merged = mergedOf(plan, timelines);
  if (!merged) return undefined;
  const voices = plan.tracks.map(({ plan: track, payloads }, index): VoiceSource => {
    const packets = { [Symbol.asyncIterator]: () => packetsOf(track, read) };
    return { timeline: timelines[index]!, packets, payloads };
  });
  return { merged, voices };
}

function copiesOf({ take, node, streams, pauses }: ManifestFacts): Copy[] {
  return streams.map(
    ({ stream, party, mixed, formats, holds = [] }) =>
      new Copy({ take, node, stream, party, mixed, payloads: payloadMapOf(formats), pauses, holds }),
  );
}

async function* datagramsOf({
  sealed,
  number,
}: {
  readonly sealed: SealedPackets;
  readonly number: number;
}): AsyncGenerator<readonly ArrivedPacket[]> {
  for await (const records of sealed.blocks()) {
    const own: ArrivedPacket[] = [];
    for (const { kind, stream, atUs, bytes } of records)
      if (stream === number && kind !== 'fact') own.push({ arrivalUs: atUs, bytes });
    if (own.length > 0) yield own;
  }
}
