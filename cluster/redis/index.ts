export { connectForJobs, connectRedis, type RedisConnection, type RedisOptions } from './connection.io.ts';
export {
  coupleKey,
  coupleKeyPattern,
  coupleSubject,
  drainingKey,
  factStreamOf,
  factStreams,
  factsAskedKey,
  factsKey,
  factsSetAsideKey,
  factsTakenKey,
  factsToldKey,
  jobsPrefix,
  lastWordKey,
  leaseKey,
  presenceIndexKey,
  presenceKey,
  rebalanceKey,
} from './keys.ts';
export { readScript } from './script.io.ts';
