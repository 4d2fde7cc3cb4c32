// A stand-in for a media server that replicates calls (MSR), for the demonstration, tests, drills and benches. Its SIP
// stack adds Via itself, and no Record-Route: INVITEs that came through a resource manager are SIPp's part in the tests.

export { type Audio, type Payloads, payloadBytes, payloadsOf, type SpokenCodec } from './audio.ts';
export {
  compareLedger,
  examplesMax,
  Ledger,
  type LedgerComparison,
  payloadDigest,
  type ReceivedPacket,
  type SentPacket,
} from './ledger.ts';
export { MediaSender } from './media-sender.io.ts';
export { MsrCall, type MsrCallOptions, type MsrParty, type OfferedCodec, type SpeakingParty } from './msr-call.io.ts';
export { type DialogEnd, MsrDialog } from './msr-dialog.io.ts';
export { type MsrCallFacts, type MsrForm, type MsrInvite, msrInvites, msrOffer } from './msr-invite.core.ts';
export { type MsrSource, type MsrSourceOptions, startMsrSource } from './msr-source.io.ts';
export type { MediaPort, OutgoingStream } from './outgoing-stream.ts';
export type { StreamPlan } from './schedule.core.ts';
