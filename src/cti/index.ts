export { type AttributeName, type Attributes, attributeNumbers } from './attributes.schema.ts';
export {
  type AgentState,
  addressInfoExtensions,
  type DnState,
  type NamedParty,
  type PartyOfDn,
  readAddressInfo,
} from './dn-state.ts';
export { type Binary, type KeyValue, type KeyValueList, keyValueListSchema } from './key-value-list.schema.ts';
export {
  listOf,
  lookUp,
  lookUpAnyCase,
  numberOf,
  textOf,
  updated,
  without,
} from './key-value-list.ts';
export { type TLibCounters, TLibLink, type TLibLinkOptions } from './link.io.ts';
export {
  type AttributesOf,
  type Malformed,
  type MessageOf,
  parseEvent,
  parseRequest,
  type SomeMessage,
  type TLibEvent,
  type TLibRequest,
  type UnknownMessage,
} from './message.schema.ts';
export { errorOf, eventOf, eventTimeMs, isAnswer, isForGood, requestOf } from './message.ts';
export { type EventName, events, type RequestName, requests } from './messages.protocol.ts';
export {
  addressInfoTypes,
  addressTypes,
  agentStatuses,
  callStates,
  callTypes,
  controlModes,
  dnRoles,
  errorCodes,
  partyStates,
  privateMessages,
  protocolVersion,
  registerModes,
  workModes,
} from './numbers.protocol.ts';
export type { LinkState, RequestAttributes, TLibListener, TLibPort } from './port.ts';
export { type RecordingExtensions, readRecordingExtensions, recordingExtensions } from './recording-request.ts';
export { type RegistrationProgress, type RegistrationStep, Registrations } from './registrations.ts';
export { type Refusal, type TLibHandler, TLibServer, type TLibServerOptions } from './server.io.ts';
export { TLibClient } from './server-client.ts';
export { tlibJsonSchema } from './tlib-json.schema.ts';
