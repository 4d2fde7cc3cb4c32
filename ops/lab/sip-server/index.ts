export type { SwitchDn, SwitchDnType } from './dns.ts';
export { type Fate, fates, type Happened, Hostility, silent } from './hostility.core.ts';
export { SipServer, type SipServerOptions } from './sip-server.io.ts';
