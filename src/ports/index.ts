export type { Clock, Timer } from './clock.ts';
export { type Random, seededRandom } from './random.ts';
export { systemClock } from './system-clock.io.ts';
export { systemRandom } from './system-random.io.ts';
export { VirtualClock } from './virtual-clock.ts';
