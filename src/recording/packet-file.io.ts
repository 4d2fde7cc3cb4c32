// The sealed packets of a finished recording, opened: as voices laid out in time, and as they were captured. Writes nothing, and
// holds no more than a block of them.

import type { KeyObject } from 'node:crypto';
import type { JournalRecord } from '#src/journal';
import type { CapturedPacket, Party, VoiceSource } from '#src/media';
import { type ArrivedPacket, TimelineBuilder, type WallInterval } from '#src/media/timeline';
import type { ManifestFacts } from './manifest.schema.ts';
import { payloadMapOf } from './payloads.ts';
import { SealedPackets } from './sealed-packets.io.ts';
import type { StoredRecording } from './store.io.ts';

/** What is heard on each side. */
export interface Heard {
  readonly left: Party;
  readonly right: Party;
}

/** The sealed packets of a recording, read as often as is needed. */
export class PacketFile {
  readonly #sealed: SealedPackets;

  constructor(recording: StoredRecording, privateKey: KeyObject) {
    this.#sealed = new SealedPackets(recording, [privateKey]);
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
    for await (const records of this.#sealed.blocks()) {
      const own = records.filter(({ kind, stream }) => stream === wanted && kind !== 'fact');
      if (own.length > 0) yield own.map(({ atUs, bytes }) => ({ arrivalUs: atUs, bytes }));
    }
  }

  async *#records(): AsyncGenerator<JournalRecord> {
    for await (const records of this.#sealed.blocks()) for (const one of records) if (one.kind !== 'fact') yield one;
  }
}
