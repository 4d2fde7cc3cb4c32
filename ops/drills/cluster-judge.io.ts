// What came of calls that several nodes recorded: what their sender has in its ledger held against what the recordings of all nodes
// hold together, and against what a core calls one couple. Believes no log and no counter of a node.

import { join } from 'node:path';
import { compareLedger, type ReceivedPacket, type SentPacket } from '#ops/lab/msr-source';
import type { Layout } from '#src/config';
import { loadPrivateKey } from '#src/journal';
import type { Couple } from '#src/recording';
import type { Figures } from './drill.ts';
import { type DrilledCall, sentOf } from './drilled-telephony.io.ts';
import { packetsOf, recordingsById } from './judge.io.ts';

/** What lies in a block that was not written yet. */
const blockMs = 40;
/** Between the order and the time at which we know that it is obeyed. */
const pauseMsMax = 2_000;

/** The packets that a node has recorded, by recording. */
export type Takes = ReadonlyMap<string, readonly ReceivedPacket[]>;

export async function takesOf(layout: Layout): Promise<Takes> {
  const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
  const found = new Map<string, readonly ReceivedPacket[]>();
  for (const [id, takes] of await recordingsById(layout))
    found.set(id, (await Promise.all(takes.map((take) => packetsOf(take, privateKey)))).flat());
  return found;
}

/** How many calls the cores that know these couples name by the same ids: who heard of media before the event says which sid that gives. */
export function namedAlike(calls: readonly DrilledCall[], [first, ...others]: readonly (readonly Couple[])[]): number {
  const namesOf = (couples: readonly Couple[], call: DrilledCall) =>
    couples.flatMap(({ callUuid, sid, sameAs = [], recordingId }) =>
      callUuid === call.callUuid ? [`${sameAs[0] ?? sid} ${recordingId}`] : [],
    );
  return calls.filter((call) => {
    const names = namesOf(first!, call).sort().join();
    return names !== '' && others.every((couples) => namesOf(couples, call).sort().join() === names);
  }).length;
}

/** Figures of calls, which have all ended; of couples none without `couples`. With `goneMs` the first node was lost then, and calls went on on the others. */
export function judgeCalls(
  calls: readonly DrilledCall[],
  couples: readonly Couple[] | undefined,
  [first, ...others]: readonly Takes[],
  goneMs: number | undefined,
): Figures {
  const figures = {
    calls: calls.length,
    callsUp: calls.filter(({ at }) => at === 0).length,
    packetsSent: 0,
    packetsInGaps: 0,
    packetsLostPerStreamMax: 0,
    packetsTwice: 0,
    packetsNeverSent: 0,
    pausedPacketsRecorded: 0,
    staleOrdersObeyed: 0,
  };
  const again: number[] = [];
  const answered: number[] = [];
  for (const call of calls) {
    const id = call.media?.recordId ?? '';
    const [here, elsewhere] = [first!.get(id) ?? [], others.flatMap((takes) => takes.get(id) ?? [])];
    const judged = call.at === 0 ? judgedCall(call, here, elsewhere, goneMs) : judgedCall(call, elsewhere, here);
    figures.packetsSent += judged.sent;
    figures.packetsInGaps += judged.inGap;
    figures.packetsLostPerStreamMax = Math.max(figures.packetsLostPerStreamMax, ...judged.lost);
    figures.packetsTwice += judged.twice;
    figures.packetsNeverSent += judged.extra;
    if (judged.isPausedEarly) figures.staleOrdersObeyed += 1;
    answered.push(judged.firstMs - call.establishedMs);
    figures.pausedPacketsRecorded += judged.paused;
    if (goneMs !== undefined && call.at === 0 && !Number.isFinite(call.pausedMs)) again.push(judged.againMs - goneMs);
  }
  return {
    ...(couples && judgedCouples(calls, couples)),
    ...figures,
    firstPacketMsP50: percentile(answered, 0.5),
    firstPacketMsP99: percentile(answered, 0.99),
    ...(goneMs !== undefined && { againMsP50: percentile(again, 0.5), againMsP99: percentile(again, 0.99) }),
  };
}

function judgedCouples(calls: readonly DrilledCall[], couples: readonly Couple[]): Figures {
  // One core may have named a couple by its media, another one by its event: the name that they agree on is in `sameAs`.
  const named = new Map(couples.map((couple) => [couple.sameAs?.[0] ?? couple.sid, couple]));
  const known = calls.map((call) => [...named.values()].filter(({ callUuid }) => callUuid === call.callUuid));
  const single = known.flatMap((own) => (own.length === 1 ? own : []));
  const ofTwoTakes = single.filter(({ takes }) => new Set(takes.map(({ node }) => node)).size === 2);
  return { couples: single.length, couplesOfTwoTakes: ofTwoTakes.length };
}

interface Judged {
  readonly sent: number;
  readonly inGap: number;
  /** Of each stream, beside the gap. */
  readonly lost: readonly number[];
  readonly twice: number;
  readonly extra: number;
  /** Recorded though its pause was in force. */
  readonly paused: number;
  /** Something is missing from before anybody may have paused it. */
  readonly isPausedEarly: boolean;
  /** When the first packet left that is in any recording, and in that of the second node. */
  readonly firstMs: number;
  readonly againMs: number;
}

/** What of a call is in both recordings. Its gap lasts from the loss of the first node until the second recorder had its first packet. */
function judgedCall(
  call: DrilledCall,
  before: readonly ReceivedPacket[],
  after: readonly ReceivedPacket[],
  goneMs = Number.POSITIVE_INFINITY,
): Judged {
  const sent = sentOf(call);
  const at = new Map(sent.map((one) => [keyOf(one), one.atMs]));
  const firstOf = (packets: readonly ReceivedPacket[]) =>
    packets.reduce((first, one) => Math.min(first, at.get(keyOf(one)) ?? first), Number.POSITIVE_INFINITY);
  const againMs = firstOf(after);
  const has = new Set([...before, ...after].map(keyOf));
  const isPaused = ({ atMs }: SentPacket) => atMs >= call.pausedMs - pauseMsMax;
  const missing = sent.filter((one) => !has.has(keyOf(one)) && !isPaused(one));
  const paused = sent.filter((one) => one.atMs >= call.pausedMs && has.has(keyOf(one))).length;
  const isPausedEarly = sent.some((one) => one.atMs <= call.unpausedUntilMs && !has.has(keyOf(one)));
  const isInGap = ({ atMs }: SentPacket) => call.restarts > 0 && atMs >= goneMs - blockMs && atMs <= againMs;
  const beside = missing.filter((one) => !isInGap(one));
  const streams = [...new Set(sent.map(({ ssrc }) => ssrc))];
  const lost = streams.map((stream) => beside.filter(({ ssrc }) => ssrc === stream).length);
  const { extra, repeated: twice } = compareLedger(sent, [...before, ...after]);
  const firstMs = Math.min(firstOf(before), againMs);
  const inGap = missing.length - beside.length;
  return { sent: sent.length, inGap, lost, twice, extra, paused, isPausedEarly, firstMs, againMs };
}

function keyOf({ ssrc, sequence, timestamp }: SentPacket | ReceivedPacket): string {
  return `${ssrc} ${sequence} ${timestamp}`;
}

/** What was never reached counts as an hour. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.map((one) => (Number.isFinite(one) ? one : 3_600_000)).sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 3_600_000);
}
