export type { Beat } from './beat.schema.ts';
export { drain, listBeats, Presence, type PresenceOptions, rebalance } from './presence.io.ts';
