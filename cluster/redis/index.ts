export { connectRedis, type RedisOptions } from './connection.io.ts';
export {
  coupleKey,
  couplesStreamKey,
  drainingKey,
  leaseKey,
  presenceIndexKey,
  presenceKey,
  rebalanceKey,
} from './keys.ts';
export { readScript } from './script.io.ts';
