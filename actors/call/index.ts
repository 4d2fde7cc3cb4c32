export { type CallArgs, type CallReport, call } from './call.actor.ts';
export { decide, recover } from './call.core.ts';
export type {
  Asking,
  CallEffect,
  CallFact,
  CallMessage,
  CallName,
  CallType,
  NoticeSettings,
  Ordering,
  PartyEvent,
  PartyHappening,
  PrivateService,
  RecorderOrder,
} from './call.protocol.ts';
export type { CoupleWord } from './couple-word.ts';
export { historiesOf, type Outcome, outcomeOf, type PartyHistory, type PartyStep } from './history.ts';
export type { CallFacts, CallPorts, CallRecorders, CallTelephony, RecordedParty } from './ports.ts';
export { ruleCallOf } from './ruling.ts';
export type { CallSettings } from './settings.ts';
export { apply, type CallState } from './state.ts';
export { dnsOf } from './whose-session.ts';
