// Randomness and identity as arguments: the real source for production, a seeded one for tests and simulation.

/** Where randomness comes from. */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer;
  /** A UUID, version 4. */
  uuid(): string;
  /** A number in [0, 1). */
  fraction(): number;
}

/** A deterministic {@link Random}: the same seed gives the same draws (mulberry32). Never for keys. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const bytes = (count: number) => Buffer.from(Array.from({ length: count }, () => Math.floor(fraction() * 256)));
  const uuid = () => {
    const raw = bytes(16);
    raw[6] = (raw[6]! & 0x0f) | 0x40;
    raw[8] = (raw[8]! & 0x3f) | 0x80;
    return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  return { bytes, uuid, fraction };
}
