export { type SessionsArgs, sessions } from './sessions.actor.ts';
export type { SessionsMessage, SessionsReport } from './sessions.protocol.ts';
