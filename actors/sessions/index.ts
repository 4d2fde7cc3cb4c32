export { type SessionsArgs, sessions } from './sessions.actor.ts';
export type { HeldStreams, SessionsMessage, SessionsReport } from './sessions.protocol.ts';
