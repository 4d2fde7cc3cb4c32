// A stand-in for a media server: conferences bridged, and replicated to recorders when asked to.

export {
  type ConferenceReport,
  type MediaServer,
  type MediaServerOptions,
  startMediaServer,
} from './media-server.io.ts';
export { ringTone } from './player.ts';
export type { Route } from './recorder-session.io.ts';
export type { RecordingSettings } from './recording-plan.core.ts';
