// What replay would make of what all nodes keep: conversations out of the words of their cores and the manifests of their recorders, and
// the packets of each out of all its takes, held against the sender's ledger. Believes no counter of a node.

import { join } from 'node:path';
import { compareLedger, type ReceivedPacket, type SentPacket } from '#ops/lab/msr-source';
import type { Layout } from '#src/config';
import { loadPrivateKey } from '#src/journal';
import { eachPacketOf, parseRtp } from '#src/media';
import type { Couple, ManifestFacts } from '#src/recording';
import { consolidate, type Fact } from '#src/recording/consolidate';
import { type MergedRecording, readMerged } from '#src/recording/merge';
import type { Figures } from './drill.ts';
import { type DrilledCall, sentOf } from './drilled-telephony.io.ts';
import { recordingsById } from './judge.io.ts';

/**
 * Figures of calls, which have all ended. `told`: what each core says of couples; without it nothing is said of conversations. `tell` hears
 * of calls of which there is no recording.
 */
export async function judgeConsolidated(
  calls: readonly DrilledCall[],
  told: readonly (readonly Couple[])[] | undefined,
  layouts: readonly Layout[],
  tell: (text: string) => void,
): Promise<Figures> {
  const privateKeys = await Promise.all(
    layouts.map(({ keysDir }) => loadPrivateKey(join(keysDir, 'journal-private.pem'))),
  );
  const recordings = (await Promise.all(layouts.map((layout) => recordingsById(layout, tell))))
    .flatMap((one) => [...one.values()])
    .flat();
  const couplesTold = told?.flat() ?? [];
  const facts: Fact[] = (told ?? []).flatMap((couples, core) =>
    couples.map((couple) => ({ type: 'couple', writer: `core-${core + 1}`, offset: 0, couple }) as const),
  );
  const figures = { recordingsLost: 0, mergedPacketsLost: 0, mergedPacketsTwice: 0, mergedPacketsNeverSent: 0 };
  let gapsNotAsSent = 0;
  for (const call of calls) {
    const takes = recordings.filter(({ manifest }) => manifest.facts.recordingId === call.media?.recordId);
    const tenant = couplesTold.find(({ callUuid }) => callUuid === call.callUuid)?.tenant;
    for (const { manifest } of takes)
      facts.push({ type: 'manifest', manifest: { ...manifest.facts, ...(tenant !== undefined && { tenant }) } });
    const found = await readMerged(takes, { privateKeys });
    if (!found) {
      figures.recordingsLost += 1;
      const story = [...call.story, ...takes.map(({ manifest }) => inWords(manifest.facts))].join('; ');
      tell(`no recording of ${call.callUuid}, ${call.media?.recordId ?? 'which nobody asked for'}: ${story}`);
      continue;
    }
    if (tenant !== undefined) facts.push({ type: 'merged', tenant, merged: found.merged });
    const sent = sentOf(call);
    const voices = await voicesOf(found);
    const { missing, repeated, extra } = compareLedger(
      sent,
      voices.flatMap(({ packets }) => packets),
    );
    figures.mergedPacketsTwice += repeated;
    figures.mergedPacketsNeverSent += extra;
    // What was paused is missing on purpose.
    if (Number.isFinite(call.pausedMs)) continue;
    figures.mergedPacketsLost += missing;
    gapsNotAsSent += voices.filter((voice) => voice.gapPackets !== lostWithin(sent, voice.packets)).length;
  }
  return { ...figures, gapsNotAsSent, ...(told && judgedConversations(calls, facts)) };
}

function inWords({ node, startedMs, dialogs, streams }: ManifestFacts): string {
  const ends = dialogs.map(({ invitedMs, endedMs, endReason }) => {
    return `${invitedMs - startedMs} to ${endedMs - startedMs} ms, ${endReason}`;
  });
  return `a take of ${node} (${ends.join('; ')}) with ${streams.map(({ packets }) => packets).join(' and ')} packets`;
}

/** Each call once, and nothing besides. */
function judgedConversations(calls: readonly DrilledCall[], facts: readonly Fact[]): Figures {
  const all = consolidate(facts);
  const of = new Map(calls.map(({ callUuid }) => [callUuid, 0]));
  for (const { couples } of all)
    for (const callUuid of new Set(couples.map((couple) => couple.callUuid)))
      of.set(callUuid, (of.get(callUuid) ?? 0) + 1);
  const conversations = [...of.values()].filter((count) => count === 1).length;
  return {
    conversations,
    conversationsTooMany: all.length - [...of.values()].filter((count) => count > 0).length,
    conversationsRunning: all.filter(({ phase }) => phase === 'running').length,
  };
}

interface Voice {
  readonly packets: readonly ReceivedPacket[];
  /** Packets that the conversation says are missing. */
  readonly gapPackets: number;
}

async function voicesOf({ merged, voices }: MergedRecording): Promise<Voice[]> {
  const found: Voice[] = [];
  for (const [index, voice] of voices.entries()) {
    const packets: ReceivedPacket[] = [];
    for await (const { bytes } of eachPacketOf(voice)) {
      const packet = parseRtp(bytes);
      if (typeof packet !== 'string') packets.push(packet);
    }
    const gapPackets = merged.tracks[index]!.gaps.reduce((sum, gap) => sum + gap.packets, 0);
    found.push({ packets, gapPackets });
  }
  return found;
}

/** Packets of this voice that left between its first and its last one that was recorded, and that were not. */
function lostWithin(sent: readonly SentPacket[], recorded: readonly ReceivedPacket[]): number {
  const has = new Set(recorded.map(keyOf));
  const own = sent.filter(({ ssrc }) => ssrc === recorded[0]?.ssrc).map((one) => has.has(keyOf(one)));
  const within = own.slice(own.indexOf(true), own.lastIndexOf(true) + 1);
  return within.filter((isRecorded) => !isRecorded).length;
}

function keyOf({ ssrc, sequence, timestamp }: SentPacket | ReceivedPacket): string {
  return `${ssrc} ${sequence} ${timestamp}`;
}
