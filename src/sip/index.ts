export { openListeners, type SipListener } from './listener.ts';
export { formatLoad, type Load, loadHeader, parseLoad } from './load.ts';
export {
  type BodyExtent,
  headerLinesMax,
  type MessageProblem,
  type MessageReading,
  messageBytesMax,
  parseMessage,
  readMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  serialiseMessage,
  startLine,
} from './message.ts';
export { type Address, formatAddress, parseAddress, tagOf } from './message-address.ts';
export { type Essentials, parseSequence, readEssentials, sequenceMax } from './message-essentials.ts';
export { costly, type RequestFault, requestFault } from './message-faults.ts';
export {
  type Header,
  headerName,
  headerTextOf,
  headerValue,
  headerValues,
  isKnownHeader,
  splitList,
  textOf,
} from './message-header.ts';
export {
  formatParameters,
  type Parameter,
  parameterValue,
  parseParameters,
  withParameter,
} from './message-parameter.ts';
export { isLooseRouter, parseSipUri, type SipUri, transportOf } from './message-uri.ts';
export { branchCookie, branchOf, formatVia, parseVia, stampTopVia, stampVia, type Via } from './message-via.ts';
export { type MsrInvite, parseMsrInvite } from './msr.ts';
export { type Body, type BodyPart, partsMax, splitBody, textOfPart } from './multipart.ts';
export type { OfferedCrypto } from './sdes.ts';
export {
  type AnsweredMedia,
  answeredDirection,
  type Direction,
  formatAnswer,
  isSealed,
  type Offer,
  type OfferedMedia,
  type PayloadFormat,
  parseOffer,
} from './sdp.ts';
