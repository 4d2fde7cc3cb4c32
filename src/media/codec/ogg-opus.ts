// Opus packets as an Ogg stream (RFC 7845), for decoders that read files. A page for each packet; nothing is skipped at its
// beginning, so that as much comes out as the packets last.
//
//   page:  | OggS | 0 | flags | granule (8) | serial (4) | page (4) | CRC (4) | segments n | n lengths | packet |

import { durationTicksOf } from './duration.ts';

const headerBytes = 27;
const serial = 0x5477726c;
/** 255 segments of up to 255 bytes, the last of them shorter. */
const packetBytesMax = 255 * 255 - 1;
const opus = { codec: 'OPUS', clockRateHz: 48_000 };

/** The pages of a stream. Packets that last nothing, or that are larger than a page, are left out. */
export async function* oggOpus(packets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let number = 0;
  let granule = 0;
  const page = (flags: number, body: Uint8Array) => pageOf({ flags, granule, number: number++ }, body);
  yield page(2, opusHead);
  yield page(0, opusTags);
  for await (const packet of packets) {
    const ticks = durationTicksOf(opus, packet);
    if (ticks === 0 || packet.length > packetBytesMax) continue;
    granule += ticks;
    yield page(0, packet);
  }
}

//  | OpusHead | version 1 | channels | samples to skip (2) | input rate (4) | gain (2) | mapping family 0 |
const opusHead = Buffer.concat([Buffer.from('OpusHead'), Buffer.from([1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
//  | OpusTags | length of vendor (4) | vendor | comments (4) |
const opusTags = Buffer.concat([
  Buffer.from('OpusTags'),
  Buffer.from([8, 0, 0, 0]),
  Buffer.from('twinreel'),
  Buffer.alloc(4),
]);

function pageOf(
  { flags, granule, number }: { readonly flags: number; readonly granule: number; readonly number: number },
  body: Uint8Array,
): Buffer {
  const whole = Math.floor(body.length / 255);
  const page = Buffer.alloc(headerBytes + whole + 1 + body.length);
  page.write('OggS', 0, 'latin1');
  page[5] = flags;
  page.writeBigInt64LE(BigInt(granule), 6);
  page.writeUInt32LE(serial, 14);
  page.writeUInt32LE(number, 18);
  page[26] = whole + 1;
  page.fill(255, headerBytes, headerBytes + whole);
  page[headerBytes + whole] = body.length % 255;
  page.set(body, headerBytes + whole + 1);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** CRC of RFC 3533 §6: polynomial 0x04c11db7, neither reflected nor inverted. */
function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ remainders[(crc >>> 24) ^ byte]!;
  return crc >>> 0;
}

const remainders = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});
