// A datagram with where it came from and went to, as files of packets hold it; and how such files are put into pieces.

export interface Endpoint {
  /** IPv4, dotted. */
  readonly address: string;
  readonly port: number;
}

export interface CapturedPacket {
  /** Wall clock, microseconds since 1970. */
  readonly arrivalUs: number;
  /** The UDP payload: RTP or RTCP. */
  readonly bytes: Buffer;
  readonly from: Endpoint;
  readonly to: Endpoint;
}

const pieceBytesMin = 64 * 1024;

/** The same bytes in pieces worth a write. */
export async function* inPieces(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const part of parts) {
    waiting.push(part);
    bytes += part.length;
    if (bytes < pieceBytesMin) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/** The four bytes of a dotted address. Anything else is a programmer's error. */
export function ipv4Bytes(address: string): Buffer {
  const parts = address.split('.').map(Number);
  const allowed = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  if (!allowed) throw new Error(`not an IPv4 address: ${address}`);
  return Buffer.from(parts);
}

export function ipv4Text(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join('.');
}
