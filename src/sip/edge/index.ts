export type { EdgeCounters, Refusal } from './counters.ts';
export { type Edge, type EdgeOptions, startEdge } from './edge.io.ts';
export { type EdgeLimits, edgeLimits } from './limits.ts';
