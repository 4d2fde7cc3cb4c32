// A bad network for the lab: a seeded UDP relay with loss, delay, duplication and reordering, for SIP and RTP alike.

export { type Fate, type Impairment, nextFate, unimpaired } from './fate.core.ts';
export { type Place, type Relay, type RelayOptions, startRelay, type WayCounters } from './relay.io.ts';
