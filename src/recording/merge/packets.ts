// The packets of a track, as its plan says, out of copies that are read side by side.

import type { ArrivedPacket } from '#src/media/timeline';
import type { Copy } from './copy.ts';
import { inTrack, type TrackPlan } from './track.ts';

/** Gives the datagrams of a copy, some at a time, in the order in which they were added to it. */
export type ReadCopy = (copy: Copy) => AsyncIterable<readonly ArrivedPacket[]>;

const batchPackets = 256;

/** Some at a time, by arrival. */
export async function* packetsOf(plan: TrackPlan, read: ReadCopy): AsyncGenerator<readonly ArrivedPacket[]> {
  const readings = plan.copies.map((copy) => new Reading(read(copy)));
  let batch: ArrivedPacket[] = [];
  try {
    for (let step = 0; step < plan.order.length; step += 1) {
      const index = plan.order[step]!;
      const reading = readings[index]!;
      if (!reading.hasNext && !(await reading.more()))
        throw new Error('a copy has become shorter since it was looked at');
      const at = reading.read;
      const packet = reading.next();
      if (!plan.kept[index]![at]) continue;
      batch.push(inTrack(plan, index, at, packet));
      if (batch.length < batchPackets) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const reading of readings) await reading.close();
  }
}

class Reading {
  /** How many have been. */
  read = 0;
  readonly #source: AsyncIterator<readonly ArrivedPacket[]>;
  #packets: readonly ArrivedPacket[] = [];
  #at = 0;

  constructor(source: AsyncIterable<readonly ArrivedPacket[]>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get hasNext(): boolean {
    return this.#at < this.#packets.length;
  }

  async more(): Promise<boolean> {
    while (!this.hasNext) {
      const { done, value } = await this.#source.next();
      if (done) return false;
      this.#packets = value;
      this.#at = 0;
    }
    return true;
  }

  next(): ArrivedPacket {
    const packet = this.#packets[this.#at]!;
    this.#at += 1;
    this.read += 1;
    return packet;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
