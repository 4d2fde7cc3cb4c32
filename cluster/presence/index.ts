export type { Beat } from './beat.schema.ts';
export { listBeats, Presence, type PresenceOptions } from './presence.io.ts';
