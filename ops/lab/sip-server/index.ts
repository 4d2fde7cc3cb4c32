export type { SwitchDn } from './dns.ts';
export { SipServer, type SipServerOptions } from './sip-server.io.ts';
