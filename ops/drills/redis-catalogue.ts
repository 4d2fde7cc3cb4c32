// Drills that befall Redis, on two nodes that share one.

import type { ClusterDrill } from './drill.ts';

/** Of every drill that befalls Redis: nobody on the phone has noticed, and whoever listens knows everything, once. */
const redisGoals: ClusterDrill['goals'] = [
  { figure: 'callsNotTold', exactly: 0 },
  { figure: 'factsTwice', exactly: 0 },
  { figure: 'firstPacketMsP99', atMost: 600 },
  { figure: 'couples', exactly: 'calls' },
  { figure: 'callsNamedAlike', exactly: 'calls' },
  { figure: 'packetsLostPerStreamMax', exactly: 0 },
  { figure: 'packetsTwice', exactly: 0 },
  { figure: 'packetsNeverSent', exactly: 0 },
  { figure: 'sendFailures', exactly: 0 },
];

export const redisKill: ClusterDrill = {
  name: 'redis-kill',
  about:
    'Redis is away for a minute, and comes back with nothing, while calls go on, begin and end: all are recorded, and every fact is told when it is back',
  on: 'cluster',
  redis: 'server',
  calls: 100,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'hang-up-some', calls: 2 },
    { step: 'kill-redis' },
    { step: 'arrive', forMs: 30_000, everyMs: 1_000 },
    { step: 'hang-up-some', calls: 20 },
    { step: 'arrive', forMs: 30_000, everyMs: 1_000 },
    { step: 'start-redis' },
    { step: 'await-facts', figure: 'backlogDrainedMs', withinMs: 10_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'backlogDrainedMs', atMost: 10_000 },
    // A twin that is slower than 300 ms to see a recording asks for it; where nobody acts, all are asked for twice.
    { figure: 'requestsDoubled', atMost: 5 },
    ...redisGoals,
  ],
  plant: { about: 'what is told while Redis is away is told to nobody', fault: 'facts-do-not-wait' },
};

export const redisFlush: ClusterDrill = {
  name: 'redis-flush',
  about: 'FLUSHALL under calls: who lives, who holds which shard, and every fact stand in Redis again',
  on: 'cluster',
  redis: 'server',
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'hang-up-some', calls: 10 },
    { step: 'wait', ms: [4_000, 5_000] },
    { step: 'flush-redis' },
    { step: 'arrive', forMs: 4_000, everyMs: 400 },
    { step: 'await-facts', figure: 'rebuiltMs', withinMs: 30_000 },
    { step: 'hang-up' },
  ],
  goals: [{ figure: 'rebuiltMs', atMost: 30_000 }, ...redisGoals],
  plant: { about: 'what Redis has forgotten is not told again', fault: 'forgotten-facts-are-not-told-again' },
};

export const redisFailover: ClusterDrill = {
  name: 'redis-failover',
  about:
    'the master of a sentinel is killed under calls, and its replica lacks what was written last: every fact stands in the new master',
  on: 'cluster',
  redis: 'sentinel',
  calls: 30,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'cut-replica' },
    { step: 'hang-up-some', calls: 10 },
    { step: 'wait', ms: 2_500 },
    { step: 'kill-redis' },
    { step: 'arrive', forMs: 4_000, everyMs: 200 },
    { step: 'await-facts', figure: 'backlogDrainedMs', withinMs: 10_000 },
    { step: 'hang-up' },
  ],
  goals: [{ figure: 'backlogDrainedMs', atMost: 10_000 }, ...redisGoals],
  plant: { about: 'what the replica lacks is not told again', fault: 'forgotten-facts-are-not-told-again' },
};
