export type { SwitchDn, SwitchDnType } from './dns.ts';
export { Hostility, type Untold } from './hostility.core.ts';
export { SipServer, type SipServerOptions } from './sip-server.io.ts';
