// Makes something that other programs open out of a recording: WAV to hear, rtpdump and pcap to look at packets.
// Reads the packets of one copy, sealed as they are; writes nothing, and holds no more than a block of them.

import type { KeyObject } from 'node:crypto';
import { planStereo, renderWav, writePcap, writeRtpdump } from '#src/media';
import { builtInDecoders, type DecoderRegistry } from '#src/media/codec';
import type { ManifestFacts } from './manifest.schema.ts';
import { PacketFile } from './packet-file.io.ts';
import type { StoredRecording } from './store.io.ts';

export const exportFormats = ['wav', 'rtpdump', 'pcap'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  /** Default: what is built in. */
  readonly decoders?: DecoderRegistry;
  /** Told before the first piece of a WAV file, of codecs that cannot be decoded here: silence in it. */
  readonly onUndecodable?: (codecs: readonly string[]) => void;
}

/**
 * The export in pieces. `privateKey` opens the sealed packets; the wrong one throws `journal-key-unusable` at the first piece.
 * WAV: first party left, second right, further ones on both sides.
 */
export function exportRecording(
  recording: StoredRecording,
  format: ExportFormat,
  privateKey: KeyObject,
  options: ExportOptions = {},
): AsyncIterable<Buffer> {
  const file = new PacketFile(recording, privateKey);
  switch (format) {
    case 'wav':
      return wav(recording.manifest.facts, file, options);
    case 'rtpdump':
      return writeRtpdump(file.captured());
    case 'pcap':
      return writePcap(file.captured());
  }
}

async function* wav(facts: ManifestFacts, file: PacketFile, options: ExportOptions): AsyncGenerator<Buffer> {
  const { decoders = builtInDecoders, onUndecodable = () => {} } = options;
  const { left, right } = await file.heard(facts);
  const { undecodable } = planStereo(left, right, decoders);
  if (undecodable.length > 0) onUndecodable(undecodable);
  yield* renderWav(left, right, decoders);
}
