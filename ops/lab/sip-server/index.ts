export {
  type Calls,
  describeParty,
  type Happening,
  happen,
  type ModelCall,
  type ModelEvent,
  type ModelParty,
} from './call-model.core.ts';
export type { SwitchDn, SwitchDnType } from './dns.ts';
export { type Fate, fates, type Happened, Hostility, silent } from './hostility.core.ts';
export { SipServer, type SipServerOptions } from './sip-server.io.ts';
