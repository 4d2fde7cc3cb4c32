export { connectRedis, type RedisOptions } from './connection.io.ts';
export { presenceIndexKey, presenceKey } from './keys.ts';
