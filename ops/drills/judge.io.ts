// What came of the calls: the sender's ledger held against the packets read back from finished recordings, and against what
// is heard in their exported audio. Believes no log and no counter of the node.

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { compareLedger, type ReceivedPacket } from '#ops/lab/msr-source';
import type { Layout } from '#src/config';
import { loadPrivateKey, type RecordKind, SegmentReader, segmentsOf } from '#src/journal';
import { parseRtp, readRtpdump, readWav } from '#src/media';
import { captureWriter, readQuarantined } from '#src/media/capture';
import { exportRecording, listRecordings, type StoredRecording } from '#src/recording';
import type { Figures } from './drill.ts';
import { toneMissingMs } from './hearing.ts';
import { type Load, toneHz } from './load.io.ts';
import { divide } from './paused-stretch.ts';
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
    packetsQuarantined: 0,
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
      figures.packetsQuarantined += await strangersIn(take, privateKey);
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
      const { spoken, paused } = divide(stream, load.pausesOf(ssrc));
      const { sent: count, missing } = compareLedger(spoken, own);
      const { repeated } = compareLedger(stream, own);
      figures.packetsPaused += paused.length;
      figures.pausedPacketsRecorded += compareLedger(paused, own).recorded;
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
    figures.audioOffMsMax = Math.max(figures.audioOffMsMax, Math.abs((1_000 * frames) / sampleRateHz - spokenMs));
    if (index > 0) continue;
    const pausedPackets = [...sent].map(
      ([ssrc, stream]) => stream.length - divide(stream, load.pausesOf(ssrc)).spoken.length,
    );
    const missingMs = toneHz.map((hz, channel) => toneMissingMs(samples[channel]!, sampleRateHz, hz));
    figures.toneMissingMsMax = Math.max(0, ...missingMs.map((ms, channel) => ms - slotMs * pausedPackets[channel]!));
  }
  figures.audioOffMsMax = Math.round(figures.audioOffMsMax);
  return figures;
}

/** Packets of a pause that stand in the capture journal, as far as the node's key opens it. */
export async function pausedPacketsOnDisk(load: Load, { captureJournalDir, keysDir }: Layout): Promise<number> {
  const paused = load.calls.flatMap(({ parties }) =>
    parties.flatMap(({ ssrc, stream }) => (stream ? divide([...stream.ledger], load.pausesOf(ssrc)).paused : [])),
  );
  const privateKey = await loadPrivateKey(join(keysDir, 'journal-private.pem'));
  const found: ReceivedPacket[] = [];
  for (const segment of segmentsOf({ folder: captureJournalDir, writer: captureWriter })) {
    const reader = await SegmentReader.open(join(captureJournalDir, segment), { privateKey });
    for (let block = await reader.next(); block; block = await reader.next()) {
      for (const { kind, bytes } of block.records) if (kind !== 'fact') found.push(...rtpIn(kind, bytes));
    }
    await reader.close();
  }
  return compareLedger(paused, found).recorded;
}

function rtpIn(kind: RecordKind, bytes: Buffer): ReceivedPacket[] {
  const packet = parseRtp(kind === 'quarantined' ? readQuarantined(bytes).datagram : bytes);
  return typeof packet === 'string' ? [] : [packet];
}

/** Takes that are finished, by recording id. */
export async function recordingsById(layout: Layout): Promise<ReadonlyMap<string, readonly StoredRecording[]>> {
  const found: StoredRecording[] = [];
  for await (const one of listRecordings(layout.recordingsDir, () => {})) found.push(one);
  return groupBy(found, ({ manifest }) => manifest.facts.recordingId);
}

/** Packets of a stranger that lie beside a recording, in its quarantine. */
async function strangersIn({ folder, manifest }: StoredRecording, privateKey: KeyObject): Promise<number> {
  const { quarantine } = manifest.facts;
  if (!quarantine) return 0;
  let found = 0;
  const reader = await SegmentReader.open(join(folder, quarantine.file), { privateKey });
  for (let block = await reader.next(); block; block = await reader.next()) {
    found += block.records.filter(
      ({ kind, bytes }) => kind === 'quarantined' && isStrangers(readQuarantined(bytes).datagram),
    ).length;
  }
  await reader.close();
  return found;
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
