// Every Redis key of the cluster is built here. Keys that one script touches share a hash tag, the part in braces.

const prefix = 'twinreel';

/** Sorted set: `node/process` by the wall-clock ms of its last sign of life. */
export const presenceIndexKey = `${prefix}:{presence}:index`;

/** String, JSON, expiring: the last sign of life of one process. */
export function presenceKey(node: string, process: string): string {
  return `${prefix}:{presence}:${node}/${process}`;
}

/** Streams in which facts are told: a process writes all that it tells of one subject into the same one. */
export const factStreams = 16;

/** The stream in which what concerns `subject` is told. */
export function factStreamOf(subject: string): number {
  // FNV-1a: every fact comes by here, and a cryptographic digest costs ten times as much.
  let hash = 0x811c9dc5;
  for (let at = 0; at < subject.length; at += 1) hash = Math.imul(hash ^ subject.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % factStreams;
}

/** The keys of one stream of facts share a slot. */
function ofFacts(stream: number, ...names: readonly string[]): string {
  return [`${prefix}:{facts:${stream}}`, ...names].join(':');
}

/** Stream, capped: facts, with the process that tells them and where they stand with it. */
export function factsKey(stream: number): string {
  return ofFacts(stream, 'stream');
}

/** String, expiring: up to which offset Redis has what `writer` tells in this stream. Not there: Redis has forgotten it. */
export function factsToldKey(stream: number, writer: string): string {
  return ofFacts(stream, 'told', writer);
}

/** String, expiring: the offset from which somebody wants to be told again what `writer` tells in this stream. */
export function factsAskedKey(stream: number, writer: string): string {
  return ofFacts(stream, 'asked', writer);
}

/** Stream, capped: facts that a group of consumers could not take, with the reason. */
export function factsSetAsideKey(stream: number, group: string): string {
  return ofFacts(stream, 'set-aside', group);
}

/** Hash: what the consumers of a group have taken, by consumer, stream and writer. */
export function factsTakenKey(group: string): string {
  return `${prefix}:{facts}:taken:${group}`;
}

/** As what subject a couple is told. */
export function coupleSubject(tenant: string, sid: string): string {
  return `couple:${tenant}/${sid}`;
}

/** String, JSON, expiring: the last word on a subject, beside the stream in which it is told. */
export function lastWordKey(subject: string): string {
  return ofFacts(factStreamOf(subject), subject);
}

export function coupleKey(tenant: string, sid: string): string {
  return lastWordKey(coupleSubject(tenant, sid));
}

/** Matches the keys of all couples. */
export const coupleKeyPattern = `${prefix}:{facts:*}:couple:*`;

/** Hash: `n` and `holder` of the lease of a shard, and `untilMs`, by the clock of Redis, when it runs out. */
export function leaseKey(shard: string): string {
  return `${prefix}:{shard:${shard}}:lease`;
}

/** Hash, node by `draining` or `open`: what was said of a node. */
export const drainingKey = `${prefix}:{presence}:draining`;

/** String: changes whenever somebody wants every lease to go back to who is to act first. */
export const rebalanceKey = `${prefix}:{presence}:rebalance`;

/** What the library of jobs puts before the names of its keys. */
export const jobsPrefix = `${prefix}:{jobs}`;
