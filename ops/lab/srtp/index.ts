// SRTP as a sender makes it, for the lab's calls, tests and benches. Shares no line with the receiver that it is to judge.

export { SrtpSender, type SrtpSenderOptions } from './srtp-sender.core.ts';
