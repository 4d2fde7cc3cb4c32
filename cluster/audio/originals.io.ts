// What was recorded of a conversation as files for other programs, out of its merged voices: WAV, FLAC, and the packets as Wireshark opens them,
// with the manifests that nodes signed. What was paused in any copy is in none of them.

import type { KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OriginalFile, OriginalKind } from '#cluster/replay-api';
import {
  type CapturedPacket,
  eachPacketOf,
  flacBytesMax,
  flacEncoderWith,
  planStereo,
  renderStereo,
  renderWav,
  type VoiceSource,
  writePcap,
} from '#src/media';
import type { DecoderRegistry } from '#src/media/codec';
import type { ArrivedPacket } from '#src/media/timeline';
import { manifestFile, readRecording, type StoredRecording } from '#src/recording';
import { readMerged } from '#src/recording/merge';
import { sidesOf } from './audio-making.io.ts';
import type { AudioWork } from './audio-work.ts';

export interface OriginalSettings {
  readonly privateKeys: readonly KeyObject[];
  readonly decoders: DecoderRegistry;
  /** As `replay.flac` of the configuration. */
  readonly flac: string;
}

/** What pcap puts before each packet: its own header, IPv4, UDP. */
const pcapOverheadBytes = 16 + 20 + 8;
const pcapHeaderBytes = 24;
const wavFrameBytes = 4;
const wavHeaderBytes = 44;

/**
 * Merges first, so that what cannot be read is refused before anything goes out. Rejects with what reading the recordings rejects with, and
 * with `flac-encoder-missing`.
 */
export async function originalsOf(
  { folders, channels, clocks }: Pick<AudioWork, 'folders' | 'channels' | 'clocks'>,
  kinds: readonly OriginalKind[],
  { privateKeys, decoders, flac }: OriginalSettings,
): Promise<OriginalFile[]> {
  const encodeFlac = kinds.includes('flac') ? await flacEncoderWith(flac) : undefined;
  const recordings = await Promise.all(folders.map(readRecording));
  const read = await readMerged(recordings, { privateKeys, clocks });
  if (!read) return [];
  const files: OriginalFile[] = [];
  const { left, right } = sidesOf(read, channels);
  const plan = planStereo(left, right, decoders);
  const { frames } = plan;
  if (kinds.includes('wav')) {
    const bytesMax = wavHeaderBytes + frames * wavFrameBytes;
    files.push({ name: 'audio.wav', bytesMax, bytes: renderWav(left, right, decoders) });
  }
  if (encodeFlac) {
    const bytes = encodeFlac(renderStereo(left, right, plan, decoders), plan);
    files.push({ name: 'audio.flac', bytesMax: flacBytesMax(plan), bytes });
  }
  if (kinds.includes('packets')) {
    files.push({
      name: 'packets.pcap',
      bytesMax: pcapBytesMax(recordings),
      bytes: writePcap(capturedOf(read.voices)),
    });
    for (const [index, folder] of folders.entries()) {
      const path = join(folder, manifestFile);
      const { size: bytesMax } = await stat(path);
      files.push({ name: `recordings/${index + 1}.json`, bytesMax, bytes: createReadStream(path) });
    }
  }
  return files;
}

/** Packets of all voices in the order of their arrival, each voice between two ports of its own. */
async function* capturedOf(voices: readonly VoiceSource[]): AsyncGenerator<CapturedPacket> {
  const readings = voices.map((voice, index) => ({ reading: eachPacketOf(voice), port: 10_000 + 2 * (index + 1) }));
  try {
    const heads = await Promise.all(readings.map(async (one) => ({ ...one, head: await one.reading.next() })));
    for (;;) {
      let soonest: { reading: AsyncGenerator<ArrivedPacket>; port: number; packet: ArrivedPacket } | undefined;
      for (const { head, ...one } of heads)
        if (!head.done && !(soonest && soonest.packet.arrivalUs <= head.value.arrivalUs))
          soonest = { ...one, packet: head.value };
      if (!soonest) return;
      const { packet, port, reading } = soonest;
      const [from, to] = [port + 20_000, port].map((one) => ({ address: '127.0.0.1', port: one }));
      // A reader uses its room again for what comes next.
      yield { arrivalUs: packet.arrivalUs, bytes: Buffer.from(packet.bytes), from: from!, to: to! };
      heads.find((one) => one.reading === reading)!.head = await reading.next();
    }
  } finally {
    // Who takes it away may break off.
    for (const { reading } of readings) await reading.return(undefined);
  }
}

/** Of all copies, of which no packet is in it twice. */
function pcapBytesMax(recordings: readonly StoredRecording[]): number {
  const streams = recordings.flatMap(({ manifest }) => manifest.facts.streams);
  return streams.reduce((sum, { bytes, packets }) => sum + bytes + packets * pcapOverheadBytes, pcapHeaderBytes);
}
