// Randomness of the operating system: fit for keys.

import { randomBytes, randomUUID } from 'node:crypto';
import type { Random } from './random.ts';

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};
