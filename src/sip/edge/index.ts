export type { EdgeCounters, Refusal } from './counters.ts';
export { type DatagramAccess, type DatagramCode, loadDatagramCode } from './datagrams.io.ts';
export { type Edge, type EdgeOptions, type ListenerOptions, startEdge } from './edge.io.ts';
export { type EdgeLimits, edgeLimits } from './limits.ts';
export type { Resolver } from './names.ts';
export { systemResolver } from './resolver.io.ts';
export type { TlsCredentials } from './stream.io.ts';
