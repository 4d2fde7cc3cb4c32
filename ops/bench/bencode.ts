// Bencode, in which rtpengine's ng protocol speaks: d…e dictionaries, l…e lists, i…e integers, N:bytes strings.

export type Bencoded = string | number | readonly Bencoded[] | { readonly [key: string]: Bencoded };

/** A value in bencode. Numbers must be integers. */
export function encodeBencode(value: Bencoded): string {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (typeof value === 'number') return `i${value}e`;
  if (isList(value)) return `l${value.map(encodeBencode).join('')}e`;
  const entries = Object.entries(value).map(([key, one]) => encodeBencode(key) + encodeBencode(one));
  return `d${entries.join('')}e`;
}

/** The value that `bytes` holds; undefined when it is not exactly one value. */
export function decodeBencode(bytes: Buffer): Bencoded | undefined {
  const read = valueAt(bytes, 0);
  return read?.end === bytes.length ? read.value : undefined;
}

type Read = { readonly value: Bencoded; readonly end: number } | undefined;

function valueAt(bytes: Buffer, at: number): Read {
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case 'i':
      return integerAt(bytes, at);
    case 'l': {
      const items = itemsAt(bytes, at + 1);
      return items && { value: items.values, end: items.end };
    }
    case 'd': {
      const items = itemsAt(bytes, at + 1);
      return items && dictionaryOf(items.values, items.end);
    }
    default:
      return stringAt(bytes, at);
  }
}

function integerAt(bytes: Buffer, at: number): Read {
  const end = bytes.indexOf('e', at);
  const text = bytes.toString('latin1', at + 1, end);
  return end > 0 && /^-?\d+$/.test(text) ? { value: Number(text), end: end + 1 } : undefined;
}

function stringAt(bytes: Buffer, at: number): Read {
  const colon = bytes.indexOf(':', at);
  const text = bytes.toString('latin1', at, colon);
  if (colon < 0 || !/^\d{1,9}$/.test(text)) return undefined;
  const end = colon + 1 + Number(text);
  return end <= bytes.length ? { value: bytes.toString('utf8', colon + 1, end), end } : undefined;
}

function itemsAt(bytes: Buffer, at: number): { readonly values: Bencoded[]; readonly end: number } | undefined {
  const values: Bencoded[] = [];
  let end = at;
  while (bytes[end] !== 0x65 /* e */) {
    const read = valueAt(bytes, end);
    if (!read) return undefined;
    values.push(read.value);
    end = read.end;
  }
  return { values, end: end + 1 };
}

function dictionaryOf(values: readonly Bencoded[], end: number): Read {
  const entries: [string, Bencoded][] = [];
  for (let index = 0; index < values.length; index += 2) {
    const [key, value] = [values[index], values[index + 1]];
    if (typeof key !== 'string' || value === undefined) return undefined;
    entries.push([key, value]);
  }
  return { value: Object.fromEntries(entries), end };
}

function isList(value: Bencoded): value is readonly Bencoded[] {
  return Array.isArray(value);
}
