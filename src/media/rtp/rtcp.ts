// RTCP (RFC 3550 §6), as far as a recorder needs it: sender reports tie RTP timestamps to the sender's clock, CNAMEs tell
// which streams share that clock, BYE ends a source. Parsing is bounded by the datagram and never throws.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |V=2|P|  count  |  packet type  |  length in words less one     |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  SR 200:   SSRC | NTP seconds | NTP fraction | RTP timestamp | packets | octets | reports…
//  SDES 202: count × ( SSRC | items: type, length, text … 0 | padded to a word )
//  BYE 203:  count × SSRC | length, reason

export interface SenderReport {
  readonly ssrc: number;
  /** The sender's clock, milliseconds since 1970 if it is a wall clock (RFC 3550 §4 allows any). */
  readonly ntpMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

/** One compound packet. */
export interface RtcpCompound {
  readonly senderReports: readonly SenderReport[];
  readonly cnames: readonly { readonly ssrc: number; readonly cname: string }[];
  readonly byes: readonly { readonly ssrcs: readonly number[]; readonly reason?: string }[];
  /** A length that runs over the end: what stood before it is kept. */
  readonly torn: boolean;
}

/** Parses a compound packet, as far as its lengths hold. */
export function parseRtcp(bytes: Buffer): RtcpCompound {
  const found = { senderReports: [] as SenderReport[], cnames: [] as Cname[], byes: [] as Bye[], torn: false };
  let at = 0;
  while (at < bytes.length) {
    const end = at + 4 + (at + 4 <= bytes.length ? 4 * bytes.readUInt16BE(at + 2) : 0);
    if (at + 4 > bytes.length || end > bytes.length || bytes[at]! >> 6 !== 2) return { ...found, torn: true };
    const count = bytes[at]! & 0x1f;
    const body = bytes.subarray(at + 4, end);
    const type = bytes[at + 1]!;
    if (type === 200 && body.length >= 24) found.senderReports.push(senderReport(body));
    if (type === 202) found.cnames.push(...cnamesOf(body, count));
    if (type === 203) found.byes.push(byeOf(body, count));
    at = end;
  }
  return found;
}

type Cname = RtcpCompound['cnames'][number];
type Bye = RtcpCompound['byes'][number];

// Seconds between 1900 and 1970. Values below 2³¹ belong to the era that begins in 2036 (RFC 4330 §3).
const unixEpochS = 2_208_988_800;

function senderReport(body: Buffer): SenderReport {
  const seconds = body.readUInt32BE(4);
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return {
    ssrc: body.readUInt32BE(0),
    ntpMs: (seconds + era - unixEpochS) * 1000 + (body.readUInt32BE(8) * 1000) / 2 ** 32,
    rtpTimestamp: body.readUInt32BE(12),
    packets: body.readUInt32BE(16),
    octets: body.readUInt32BE(20),
  };
}

function cnamesOf(body: Buffer, count: number): Cname[] {
  const cnames: Cname[] = [];
  let at = 0;
  for (let chunk = 0; chunk < count && at + 4 <= body.length; chunk++) {
    const ssrc = body.readUInt32BE(at);
    at += 4;
    while (at + 1 < body.length && body[at] !== 0) {
      const end = at + 2 + body[at + 1]!;
      if (end > body.length) return cnames;
      if (body[at] === 1) cnames.push({ ssrc, cname: body.toString('utf8', at + 2, end) });
      at = end;
    }
    at = (at & ~3) + 4;
  }
  return cnames;
}

function byeOf(body: Buffer, count: number): Bye {
  const ssrcs: number[] = [];
  for (let at = 0; at < 4 * count && at + 4 <= body.length; at += 4) ssrcs.push(body.readUInt32BE(at));
  const at = 4 * count;
  const end = at + 1 + (body[at] ?? 0);
  return at < body.length && end <= body.length ? { ssrcs, reason: body.toString('utf8', at + 1, end) } : { ssrcs };
}
