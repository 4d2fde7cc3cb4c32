export { requestUriAt } from './forwarded.ts';
export { type Answer, type ProxyCounters, type ProxyOptions, type SipProxy, startProxy } from './proxy.io.ts';
export type { Outcome, Place, Refusal, Router, Way } from './way.ts';
