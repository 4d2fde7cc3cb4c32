// A recording client (RFC 7866): it has calls recorded of which no telephony server tells anybody.

export { type SiprecCall, type SiprecClient, type SiprecParty, startSiprecClient } from './siprec-client.io.ts';
