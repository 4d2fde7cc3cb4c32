// What capture kept apart of one stream, because it came from elsewhere than the peer. Some of it turns out to be the
// stream's own: a peer that moved before it said so, or that sends from another port than it signalled. The rest is a
// stranger's. Copies what it keeps, up to a bound.

import { isRtp } from '#src/media';
import { type CaptureFact, type Peer, readQuarantined } from '#src/media/capture';

export interface KeptPacket {
  readonly atUs: number;
  readonly source: Peer;
  readonly kind: 'rtp' | 'rtcp';
  /** As it came. */
  readonly datagram: Buffer;
  /** The same with its source, as capture wrote it. */
  readonly record: Buffer;
}

/** Capture keeps some hundred of a stream, and as many again for each move that was signalled. */
const packetsMax = 4_096;

export class KeptApart {
  #packets: KeptPacket[] = [];
  /** Where the stream came from without having been signalled to, in the order it was found out. */
  readonly sources: Peer[] = [];

  /** Takes a quarantined record of the journal. */
  add(atUs: number, record: Buffer): void {
    if (this.#packets.length >= packetsMax) return;
    const copy = Buffer.from(record);
    const { source, datagram } = readQuarantined(copy);
    this.#packets.push({ atUs, source, kind: isRtp(datagram) ? 'rtp' : 'rtcp', datagram, record: copy });
  }

  /** The packets that a fact of capture shows to be the stream's own, in the order they came. */
  release(fact: CaptureFact): readonly KeptPacket[] {
    const own = ownSource(fact);
    if (!own) return [];
    if (fact.fact === 'stream-source-changed') this.sources.push(own.source);
    const isOwn = ({ source, atUs }: KeptPacket) =>
      source.address === own.source.address && source.port === own.source.port && atUs >= own.sinceMs * 1_000;
    const released = this.#packets.filter(isOwn);
    this.#packets = this.#packets.filter((one) => !isOwn(one));
    return released;
  }

  /** What is nobody's that is known. */
  get rest(): readonly KeptPacket[] {
    return this.#packets;
  }
}

function ownSource(fact: CaptureFact): { readonly source: Peer; readonly sinceMs: number } | undefined {
  if (fact.fact === 'stream-moved') return { source: fact.peer, sinceMs: fact.sinceMs };
  if (fact.fact === 'stream-source-changed' && fact.change === 'promoted') return fact;
  return undefined;
}
