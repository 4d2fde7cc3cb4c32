// The sealed packets of a finished recording, opened: as voices laid out in time, and as they were captured. Writes nothing, and
// holds no more than a block of them.

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TwinreelError } from '#src/errors';
import { type JournalRecord, SegmentReader } from '#src/journal';
import type { CapturedPacket, Party, VoiceSource } from '#src/media';
import { type ArrivedPacket, TimelineBuilder, type WallInterval } from '#src/media/timeline';
import { destroyedFile } from './destroy.io.ts';
import type { ManifestFacts } from './manifest.schema.ts';
import { payloadMapOf } from './payloads.ts';
import type { StoredRecording } from './store.io.ts';

/** What is heard on each side. */
export interface Heard {
  readonly left: Party;
  readonly right: Party;
}

/** The sealed packets of a recording, read as often as is needed. */
export class PacketFile {
  readonly #path: string;
  readonly #privateKey: KeyObject;

  constructor({ folder, manifest }: StoredRecording, privateKey: KeyObject) {
    this.#path = join(folder, manifest.facts.copies[0]!.file);
    this.#privateKey = privateKey;
  }

  /** Who is heard on which side: those of a mixed stream, and who came third, on both. */
  async heard(facts: ManifestFacts): Promise<Heard> {
    const voices = await this.voices(facts.streams, facts.pauses);
    const heardOn = (side: 'left' | 'right'): Party => {
      const numbers = facts.parties
        .filter(({ channel }) => channel === side || channel === 'both')
        .map(({ number }) => number);
      const isHeard = ({ party, mixed }: ManifestFacts['streams'][number]) => mixed || numbers.includes(party);
      return { streams: facts.streams.flatMap((one, index) => (isHeard(one) ? [voices[index]!] : [])) };
    };
    return { left: heardOn('left'), right: heardOn('right') };
  }

  /** One voice for each stream of the manifest, in its order: laid out in time without what was paused, packets yet to be read. */
  async voices(streams: ManifestFacts['streams'], pauses: readonly WallInterval[]): Promise<VoiceSource[]> {
    const payloads = streams.map((stream) => payloadMapOf(stream.formats));
    const builders = payloads.map(
      (map, index) => new TimelineBuilder({ payloads: map, pauses, holds: streams[index]!.holds ?? [] }),
    );
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

  async *#packetsOf(wanted: number): AsyncGenerator<readonly ArrivedPacket[]> {
    for await (const records of this.#blocks()) {
      const own = records.filter(({ stream }) => stream === wanted);
      if (own.length > 0) yield own.map(({ atUs, bytes }) => ({ arrivalUs: atUs, bytes }));
    }
  }

  async *#records(): AsyncGenerator<JournalRecord> {
    for await (const records of this.#blocks()) yield* records;
  }

  async *#blocks(): AsyncGenerator<readonly JournalRecord[]> {
    if (existsSync(join(dirname(this.#path), destroyedFile))) {
      const message = `the media of this recording was destroyed, ${destroyedFile} in its folder says by whom; its metadata is kept`;
      throw new TwinreelError('recording-destroyed', message, { folder: dirname(this.#path) });
    }
    const reader = await SegmentReader.open(this.#path, { privateKey: this.#privateKey });
    try {
      for (let block = await reader.next(); block; block = await reader.next()) {
        yield block.records.filter((record) => record.kind !== 'fact');
      }
    } finally {
      await reader.close();
    }
  }
}
