// A voice as its sender sent it, and what copies got of it: with losses, jitter, pauses, and the clock of their node.

import { expect } from 'vitest';
import { buildRtp } from '#src/media';
import { type ArrivedPacket, buildTimeline } from '#src/media/timeline';
import type { ManifestFacts } from '#src/recording';
import { Copy, mergedOf, packetsOf, planMerge, timelineOf } from '#src/recording/merge';
import { manifest, stream } from '../consolidate/facts-drawn.ts';

export const beganMs = Date.UTC(2026, 0, 5);
export const payloads = new Map([[8, { codec: 'PCMA', clockRateHz: 8_000, channels: 1 }]]);

export interface SentPacket {
  readonly n: number;
  readonly atMs: number;
  readonly bytes: Buffer;
}

export interface Numbers {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
}

/** Packets of 20 ms from `from` on; their payloads tell of the nth packet of the voice `voice`, or are silence. */
export function sent(
  voice: number,
  count: number,
  { ssrc, sequence, timestamp }: Numbers,
  { from = 0, silence = () => false }: { from?: number; silence?: (n: number) => boolean } = {},
): SentPacket[] {
  return Array.from({ length: count }, (_, index) => {
    const n = from + index;
    const payload = Buffer.alloc(160, 0xd5);
    if (!silence(n))
      for (let at = 0; at < 160; at += 4)
        payload.writeUInt32BE(Math.imul(n + 1, 0x9e3779b1 + 2 * voice + at) >>> 0, at);
    const bytes = buildRtp(
      { payloadType: 8, ssrc, sequence: sequence + index, timestamp: timestamp + 160 * index },
      payload,
    );
    return { n, atMs: beganMs + 20 * n, bytes };
  });
}

export interface Got {
  readonly take: string;
  readonly node: string;
  readonly party?: string;
  readonly stream?: string;
  readonly packets: readonly SentPacket[];
  readonly skewMs?: number;
  readonly lost?: (n: number) => boolean;
  readonly jitterMs?: (n: number) => number;
  readonly pauses?: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Whether the pause gate works. */
  readonly leaks?: boolean;
  readonly control?: readonly ArrivedPacket[];
}

/** Merges what copies got. `pauses` are by the clock of the node. */
export async function merged(copies: readonly Got[], told: Parameters<typeof planMerge>[2] = []) {
  const packetsOfCopy = new Map<Copy, ArrivedPacket[]>();
  const manifests = new Map<string, ManifestFacts>();
  for (const got of copies) {
    const { take, node, party = '0170', skewMs = 0, pauses = [], control = [] } = got;
    const name = { take, node, stream: got.stream ?? `${take}-${party}`, party, payloads, pauses, holds: [] };
    const copy = new Copy(name);
    const arrived = [...got.packets.flatMap((packet) => arrivedOf(packet, got, skewMs)), ...control];
    arrived.sort((a, b) => a.arrivalUs - b.arrivalUs);
    for (const packet of arrived) copy.add(packet);
    packetsOfCopy.set(copy, arrived);
    const startedMs = (got.packets[0]?.atMs ?? beganMs) + skewMs;
    const streams = [
      ...(manifests.get(take)?.streams ?? []),
      { ...stream(name.stream, party, startedMs), packets: arrived.length },
    ];
    manifests.set(
      take,
      manifest(1, 0, { take, node, startedMs, streams, pauses: pauses.map((one) => ({ ...one, by: 'agent' })) }),
    );
  }
  const plan = planMerge([...manifests.values()], [...packetsOfCopy.keys()], told)!;
  const timelines = [];
  const heard: ArrivedPacket[][] = [];
  for (const track of plan.tracks) {
    const packets: ArrivedPacket[] = [];
    async function* read(copy: Copy) {
      const all = packetsOfCopy.get(copy)!;
      for (let at = 0; at < all.length; at += 50) yield all.slice(at, at + 50);
    }
    for await (const batch of packetsOf(track.plan, read)) packets.push(...batch);
    const timeline = timelineOf(track);
    // What is remembered of packets is what they say.
    expect(timeline).toEqual(buildTimeline(packets, track));
    timelines.push(timeline);
    heard.push(packets);
  }
  return { merged: mergedOf(plan, timelines)!, heard, timelines, manifests: [...manifests.values()] };
}

function arrivedOf({ n, atMs, bytes }: SentPacket, got: Got, skewMs: number): ArrivedPacket[] {
  const { lost = () => false, jitterMs = () => 0, pauses = [], leaks = false } = got;
  const arrivalMs = atMs + skewMs + jitterMs(n);
  const isPaused = pauses.some(({ fromMs, toMs }) => arrivalMs >= fromMs && arrivalMs < toMs);
  return lost(n) || (isPaused && !leaks) ? [] : [{ arrivalUs: Math.round(arrivalMs * 1000), bytes }];
}

/** A number from 0 to 1 that follows from both. */
export function chance(seed: number, n: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b1, 0x85ebca6b) ^ Math.imul(n + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
