// What came of the calls: the sender's ledger held against the packets read back from finished recordings, and against what
// is heard in their exported audio. Believes no log and no counter of the node.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { compareLedger, type ReceivedPacket, type SentPacket } from '#ops/lab/msr-source';
import type { Layout } from '#src/config';
import { messageOf } from '#src/errors';
import { loadPrivateKey, SegmentReader } from '#src/journal';
import { parseRtp, readRtpdump, readWav } from '#src/media';
import { readQuarantined } from '#src/media/capture';
import { exportRecording, listRecordings, type StoredRecording } from '#src/recording';
import type { Figures } from './drill.ts';
import { toneMissingMs } from './hearing.ts';
import { type Load, toneHz } from './load.io.ts';
import { divide, effectiveAfterMs, type PausedStretch } from './paused-stretch.ts';
import { isStrangers } from './stranger.io.ts';

/** Exporting audio takes time; of many calls the first ones stand for all. */
const heardCallsMax = 10;
const slotMs = 20;

/** Figures of the calls, which have all ended. */
export async function judge(load: Load, layout: Layout): Promise<Figures> {
  const { calls } = load;
  const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
  const exported = async (recording: StoredRecording, format: 'rtpdump' | 'wav') => {
    const pieces: Buffer[] = [];
    for await (const piece of exportRecording(recording, format, privateKey)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const recordings = await recordingsById(layout);
  const figures = {
    calls: 0,
    recordings: 0,
    callsLater: 0,
    recordingsLater: 0,
    streams: 0,
    packetsSent: 0,
    packetsLost: 0,
    packetsLostPerStreamMax: 0,
    packetsNeverSent: 0,
    packetsTwice: 0,
    packetsPaused: 0,
    pausedPacketsRecorded: 0,
    pauseEffectiveMsMax: 0,
    packetsQuarantined: 0,
    quarantinedPerStreamMax: 0,
    streamsAudited: 0,
    audioOffMsMax: 0,
    toneMissingMsMax: 0,
  };
  for (const [index, call] of calls.entries()) {
    const takes = recordings.get(call.recordId) ?? [];
    const isLater = load.isLater(call);
    figures[isLater ? 'callsLater' : 'calls'] += 1;
    if (takes.length === 1) figures[isLater ? 'recordingsLater' : 'recordings'] += 1;
    const packets: ReceivedPacket[] = [];
    for (const take of takes) {
      packets.push(...receivedIn(await exported(take, 'rtpdump')));
      const { strangers, perStreamMax } = await quarantinedIn(take, privateKey);
      figures.packetsQuarantined += strangers;
      figures.quarantinedPerStreamMax = Math.max(figures.quarantinedPerStreamMax, perStreamMax);
      figures.streamsAudited += take.manifest.facts.problems.filter(({ code }) => code === 'foreign-packets').length;
    }
    const sent = new Map(
      [...groupBy(call.sent(), ({ ssrc }) => ssrc)].map(([ssrc, stream]) => [
        ssrc,
        stream.slice(0, load.judgedCount(ssrc)),
      ]),
    );
    for (const [ssrc, stream] of sent) {
      const own = packets.filter((one) => one.ssrc === ssrc);
      const pauses = load.pausesOf(ssrc);
      const { spoken, paused } = divide(stream, pauses);
      const { sent: count, missing } = compareLedger(spoken, own);
      const { repeated } = compareLedger(stream, own);
      figures.packetsPaused += paused.length;
      figures.pausedPacketsRecorded += compareLedger(paused, own).recorded;
      figures.pauseEffectiveMsMax = Math.max(figures.pauseEffectiveMsMax, ...effectiveMs(stream, pauses, own));
      figures.streams += 1;
      figures.packetsSent += count;
      figures.packetsLost += missing;
      figures.packetsLostPerStreamMax = Math.max(figures.packetsLostPerStreamMax, missing);
      figures.packetsTwice += repeated;
    }
    figures.packetsNeverSent += compareLedger(call.sent(), packets).extra;
    if (index >= heardCallsMax || takes.length !== 1) continue;
    const { samples, sampleRateHz, frames } = readWav(await exported(takes[0]!, 'wav'));
    const spokenMs = slotMs * Math.max(...[...sent.values()].map(({ length }) => length));
    const offMs = (1_000 * frames) / sampleRateHz - spokenMs;
    // A pause that nobody ends lasts until its node notices that the streams are gone: silence behind what was sent.
    const isPausedAtEnd = [...sent.keys()].some((ssrc) => load.pausesOf(ssrc).at(-1)?.resumedAt === Infinity);
    figures.audioOffMsMax = Math.max(figures.audioOffMsMax, isPausedAtEnd ? -offMs : Math.abs(offMs));
    if (index > 0) continue;
    const pausedPackets = [...sent].map(
      ([ssrc, stream]) => stream.length - divide(stream, load.pausesOf(ssrc)).spoken.length,
    );
    const heard = Math.round((sampleRateHz * spokenMs) / 1_000);
    const missingMs = toneHz.map((hz, channel) =>
      toneMissingMs(samples[channel]!.subarray(0, heard), sampleRateHz, hz),
    );
    figures.toneMissingMsMax = Math.max(0, ...missingMs.map((ms, channel) => ms - slotMs * pausedPackets[channel]!));
  }
  figures.audioOffMsMax = Math.round(figures.audioOffMsMax);
  figures.pauseEffectiveMsMax = Math.round(figures.pauseEffectiveMsMax);
  return figures;
}

/** How long each pause of a stream took to hold. */
function effectiveMs(
  stream: readonly SentPacket[],
  pauses: readonly PausedStretch[],
  recorded: readonly ReceivedPacket[],
): number[] {
  if (pauses.length === 0) return [];
  const key = ({ sequence, timestamp }: SentPacket | ReceivedPacket) => `${timestamp} ${sequence}`;
  const keys = new Set(recorded.map(key));
  return pauses.map((pause) => effectiveAfterMs(stream, pause, (index) => keys.has(key(stream[index]!))));
}

/** Takes that are finished, by recording id. `tell` hears of those whose manifest cannot be read: they count as none. */
export async function recordingsById(
  layout: Layout,
  tell: (text: string) => void = () => {},
): Promise<ReadonlyMap<string, readonly StoredRecording[]>> {
  const found: StoredRecording[] = [];
  const damaged = (folder: string, error: unknown) => tell(`${folder} cannot be read: ${messageOf(error)}`);
  for await (const one of listRecordings(layout.recordingsDir, damaged)) found.push(one);
  return groupBy(found, ({ manifest }) => manifest.facts.recordingId);
}

/** What lies beside a recording, in its quarantine: packets of the stranger who injects some, and the most of any stream. */
async function quarantinedIn(
  { folder, manifest }: StoredRecording,
  privateKey: KeyObject,
): Promise<{ readonly strangers: number; readonly perStreamMax: number }> {
  const { quarantine } = manifest.facts;
  if (!quarantine) return { strangers: 0, perStreamMax: 0 };
  let strangers = 0;
  const perStream = new Map<number, number>();
  const reader = await SegmentReader.open(join(folder, quarantine.file), { privateKey });
  for (let block = await reader.next(); block; block = await reader.next()) {
    for (const { kind, stream, bytes } of block.records) {
      if (kind !== 'quarantined') continue;
      perStream.set(stream, (perStream.get(stream) ?? 0) + 1);
      if (isStrangers(readQuarantined(bytes).datagram)) strangers += 1;
    }
  }
  await reader.close();
  return { strangers, perStreamMax: Math.max(0, ...perStream.values()) };
}

/** The packets of a finished recording. */
export async function packetsOf(recording: StoredRecording, privateKey: KeyObject): Promise<ReceivedPacket[]> {
  const pieces: Buffer[] = [];
  for await (const piece of exportRecording(recording, 'rtpdump', privateKey)) pieces.push(piece);
  return receivedIn(Buffer.concat(pieces));
}

function receivedIn(rtpdump: Buffer): ReceivedPacket[] {
  return readRtpdump(rtpdump).packets.flatMap(({ rtcp, bytes }) => {
    const packet = rtcp ? 'rtcp' : parseRtp(bytes);
    return typeof packet === 'string' ? [] : [packet];
  });
}

function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
