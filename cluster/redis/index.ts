export { connectRedis, type RedisOptions } from './connection.io.ts';
export { coupleKey, couplesStreamKey, presenceIndexKey, presenceKey } from './keys.ts';
