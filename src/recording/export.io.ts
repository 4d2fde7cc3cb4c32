// Makes something that other programs open out of a recording: WAV to hear, rtpdump and pcap to look at packets.
// Reads the packets of one copy, sealed as they are; writes nothing, and holds no more than a block of them.

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TwinreelError } from '#src/errors';
import { type JournalRecord, SegmentReader } from '#src/journal';
import { type CapturedPacket, planStereo, renderWav, type VoiceSource, writePcap, writeRtpdump } from '#src/media';
import { builtInDecoders, type DecoderRegistry } from '#src/media/codec';
import { type ArrivedPacket, TimelineBuilder } from '#src/media/timeline';
import { destroyedFile } from './destroy.io.ts';
import type { ManifestFacts } from './manifest.schema.ts';
import { payloadMapOf } from './payloads.ts';
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
  const voices = await file.voices(facts);
  const heardOn = (side: 'left' | 'right') => {
    const numbers = facts.parties
      .filter(({ channel }) => channel === side || channel === 'both')
      .map(({ number }) => number);
    const isHeard = ({ party, mixed }: ManifestFacts['streams'][number]) => mixed || numbers.includes(party);
    return { streams: facts.streams.flatMap((one, index) => (isHeard(one) ? [voices[index]!] : [])) };
  };
  const [left, right] = [heardOn('left'), heardOn('right')];
  const { undecodable } = planStereo(left, right, decoders);
  if (undecodable.length > 0) onUndecodable(undecodable);
  yield* renderWav(left, right, decoders);
}

/** The sealed packets of a recording, read as often as is needed. */
class PacketFile {
  readonly #path: string;
  readonly #privateKey: KeyObject;

  constructor({ folder, manifest }: StoredRecording, privateKey: KeyObject) {
    this.#path = join(folder, manifest.facts.copies[0]!.file);
    this.#privateKey = privateKey;
  }

  /** One voice for each stream of the manifest, in its order: laid out in time, packets yet to be read. */
  async voices({ streams, pauses }: ManifestFacts): Promise<VoiceSource[]> {
    const payloads = streams.map((stream) => payloadMapOf(stream.formats));
    const builders = payloads.map((map) => new TimelineBuilder({ payloads: map, pauses }));
    for await (const { stream, bytes, atUs } of this.#records()) builders[stream - 1]?.add({ arrivalUs: atUs, bytes });
    return builders.map((builder, index) => ({
      timeline: builder.finish(),
      // Read anew by each side on which the stream is heard.
      packets: { [Symbol.asyncIterator]: () => this.#packetsOf(index + 1) },
      payloads: payloads[index]!,
    }));
  }

  /** Every packet in order of arrival, each stream between two ports of its own. */
  async *captured(): AsyncGenerator<CapturedPacket> {
    for await (const { kind, stream, bytes, atUs } of this.#records()) {
      const port = 10_000 + 2 * stream + (kind === 'rtcp' ? 1 : 0);
      yield {
        arrivalUs: atUs,
        bytes,
        from: { address: '127.0.0.1', port: port + 20_000 },
        to: { address: '127.0.0.1', port },
      };
    }
  }

  async *#packetsOf(wanted: number): AsyncGenerator<ArrivedPacket> {
    for await (const { stream, bytes, atUs } of this.#records())
      if (stream === wanted) yield { arrivalUs: atUs, bytes };
  }

  async *#records(): AsyncGenerator<JournalRecord> {
    if (existsSync(join(dirname(this.#path), destroyedFile))) {
      const message = `the media of this recording was destroyed, ${destroyedFile} in its folder says by whom; its metadata is kept`;
      throw new TwinreelError('recording-destroyed', message, { folder: dirname(this.#path) });
    }
    const reader = await SegmentReader.open(this.#path, { privateKey: this.#privateKey });
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        yield* block.records.filter((record) => record.kind !== 'fact');
      }
    } finally {
      await reader.close();
    }
  }
}
