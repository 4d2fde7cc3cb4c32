export { type AskedPause, isTakenBack, withOrders } from './asked-pause.ts';
export { acceptedFormats, type Change, type KeptStream, type Plan, planChange, planStreams } from './plan.ts';
export type {
  FinishedTake,
  SessionCapture,
  SessionFacts,
  SessionFinisher,
  SessionPorts,
  SessionSignalling,
} from './ports.ts';
export { type SessionArgs, type SessionOrder, type SessionReport, session } from './session.actor.ts';
export { decide, nameTake, recover, type SessionSettings } from './session.core.ts';
export type {
  Bye,
  CopiedOut,
  DialogMessage,
  EndReason,
  Invite,
  OpenedStream,
  ReInvitation,
  SessionEffect,
  SessionFact,
  SessionMessage,
  StreamCounters,
  WantedStream,
} from './session.protocol.ts';
export { apply, openDialogs, openStreams, type Pause, type SessionState } from './state.ts';
export type { Hold, StreamState } from './stream.ts';
export { takeOf } from './take.ts';
export type { Told } from './told.ts';
export { toldOf } from './voices.ts';
