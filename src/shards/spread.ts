// A number that spreads names evenly, and is the same for everybody at any time. For sharing out, never for secrets. Pure.

/** 32 bits of a name: FNV-1a over its UTF-16 units, stirred by the end of MurmurHash3 so that neighbours (7001, 7002) lie apart. */
export function spread(name: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) bits = Math.imul(bits ^ name.charCodeAt(at), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
