// What drills borrow from the benches: senders that cost less than what they are sent to, and what processes use.

export { percentile } from './bench.ts';
export { conversationOf, type Site } from './conversations.ts';
export { type PostgresServer, startPostgres, whyNoPostgres } from './postgres-server.io.ts';
export { residentKiBOf } from './process-usage.io.ts';
export { compileSender, RtpSender, type SentStream } from './rtp-sender.io.ts';
export { placeCalls } from './sipp.io.ts';
export { type CallsSeen, durationsOf, lastPlacedMs, recoveryMs, type TimedAnswer } from './sipp-statistics.ts';
