// What came to a stream from elsewhere than its peer: the first of it is kept, beside the recording and never in it, until
// it is known whether it was a stranger's or the peer's own. Bounded, whatever a stranger sends.
//
// A quarantined record of the journal:
//
//     0          2        3                 3 + n
//     +----------+--------+-----------------+------------------------+
//     | port u16 | n, u8  | address, ASCII  | datagram, RTP or RTCP  |
//     +----------+--------+-----------------+------------------------+

import type { Peer } from './control.schema.ts';

/** Of one stream, at 20 ms a packet: more than 10 s, of which promotion needs 2. */
export const quarantine = { packetsMax: 512, bytesMax: 262_144, sourcesMax: 8 } as const;

const prefixBytes = 3;

export class Quarantine {
  /** Packets kept so far. */
  packets = 0;
  #packetsHeld = 0;
  #bytesHeld = 0;
  readonly #sources = new Set<string>();

  /** The record to keep of a packet from elsewhere; undefined when the quarantine is full. */
  hold(address: string, port: number, datagram: Buffer): Buffer | undefined {
    const bytes = prefixBytes + address.length + datagram.length;
    if (this.#packetsHeld >= quarantine.packetsMax || this.#bytesHeld + bytes > quarantine.bytesMax) return undefined;
    this.packets += 1;
    this.#packetsHeld += 1;
    this.#bytesHeld += bytes;
    const record = Buffer.allocUnsafe(bytes);
    record.writeUInt16BE(port, 0);
    record[2] = address.length;
    record.write(address, prefixBytes, 'ascii');
    datagram.copy(record, prefixBytes + address.length);
    return record;
  }

  /** True once for each source, up to a bound: it is worth a word. */
  isNewSource(address: string, port: number): boolean {
    if (this.#sources.size >= quarantine.sourcesMax) return false;
    const source = `${address} ${port}`;
    const isNew = !this.#sources.has(source);
    this.#sources.add(source);
    return isNew;
  }

  /** Room again: the peer moves, and may send from its new place before that is known. */
  renew(): void {
    this.#packetsHeld = 0;
    this.#bytesHeld = 0;
  }
}

/** A quarantined record taken apart. The datagram is a view. */
export function readQuarantined(record: Buffer): { readonly source: Peer; readonly datagram: Buffer } {
  const datagramAt = prefixBytes + record[2]!;
  const source = { address: record.toString('ascii', prefixBytes, datagramAt), port: record.readUInt16BE(0) };
  return { source, datagram: record.subarray(datagramAt) };
}
