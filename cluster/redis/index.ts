export { connectRedis, type RedisConnection, type RedisOptions } from './connection.io.ts';
export {
  coupleKey,
  couplesStreamKey,
  couplesToldKey,
  drainingKey,
  leaseKey,
  presenceIndexKey,
  presenceKey,
  rebalanceKey,
} from './keys.ts';
export { readScript } from './script.io.ts';
