// A ZIP archive written as it is read (PKWARE APPNOTE 6.3). Entries are stored, not compressed: audio is compressed already. Sizes and
// checksum follow each entry in a data descriptor (§4.3.9), so nothing is read twice and nothing waits in memory.
//
//   local header  name  bytes…  descriptor   (for each entry)
//   central header  name                     (for each entry)
//   end of central directory

import { crc32 } from 'node:zlib';

export interface ZipEntry {
  /** A path with slashes. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Sizes and offsets are 32 bits wide: this is what all entries together may hold, with room for headers. */
export const zipBytesMax = 0xf000_0000;

/** Bit 3: sizes follow; bit 11: names are UTF-8 (§4.4.4). */
const flags = 0x0808;
const version = 20;

interface Written {
  readonly name: Buffer;
  readonly offset: number;
  readonly crc: number;
  readonly size: number;
}

/** The archive, piece by piece. `entries` are read in their order, each when the one before has been written. */
export async function* zip(
  entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>,
  writtenAt: Date,
): AsyncGenerator<Uint8Array> {
  const time = dosTime(writtenAt);
  const written: Written[] = [];
  let offset = 0;
  for await (const entry of entries) {
    const name = Buffer.from(entry.name);
    const header = Buffer.concat([localHeader(time, name.length), name]);
    yield header;
    let [crc, size] = [0, 0];
    for await (const chunk of entry.bytes) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
    const descriptor = numbers(['32', 0x0807_4b50], ['32', crc], ['32', size], ['32', size]);
    yield descriptor;
    written.push({ name, offset, crc, size });
    offset += header.length + size + descriptor.length;
  }
  const directory = Buffer.concat(written.flatMap((one) => [centralHeader(time, one), one.name]));
  yield directory;
  const count = written.length;
  yield numbers(
    ['32', 0x0605_4b50],
    ['16', 0],
    ['16', 0],
    ['16', count],
    ['16', count],
    ['32', directory.length],
    ['32', offset],
    ['16', 0],
  );
}

function localHeader(time: number, nameLength: number): Buffer {
  return numbers(
    ['32', 0x0403_4b50],
    ['16', version],
    ['16', flags],
    ['16', 0],
    ['32', time],
    ['32', 0],
    ['32', 0],
    ['32', 0],
    ['16', nameLength],
    ['16', 0],
  );
}

function centralHeader(time: number, { name, offset, crc, size }: Written): Buffer {
  return numbers(
    ['32', 0x0201_4b50],
    ['16', version],
    ['16', version],
    ['16', flags],
    ['16', 0],
    ['32', time],
    ['32', crc],
    ['32', size],
    ['32', size],
    ['16', name.length],
    ['16', 0], // extra field
    ['16', 0], // comment
    ['16', 0], // disk
    ['16', 0], // internal attributes
    ['32', 0], // external attributes
    ['32', offset],
  );
}

/** Little-endian, one after the other. */
function numbers(...fields: readonly (readonly ['16' | '32', number])[]): Buffer {
  return Buffer.concat(
    fields.map(([width, value]) => {
      const field = Buffer.alloc(width === '16' ? 2 : 4);
      if (width === '16') field.writeUInt16LE(value);
      else field.writeUInt32LE(value >>> 0);
      return field;
    }),
  );
}

/** MS-DOS date and time in UTC, two seconds fine (§4.4.6). */
function dosTime(date: Date): number {
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  return day * 0x1_0000 + time;
}
