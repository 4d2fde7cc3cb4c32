// What every SIP element of the lab stands on: an edge and an application of its own, one line of audio, UDP ports.

export type { EndpointAgent, EndpointDialog, IncomingRequest, PendingOffer, ReplyTo } from './agent.protocol.ts';
export {
  type AudioLine,
  type AudioParticulars,
  audioAnswer,
  audioOffer,
  mirrored,
  type NegotiatedAudio,
  negotiate,
  staticFormat,
  telephoneEvent,
} from './audio-line.core.ts';
export { type Endpoint, type EndpointOptions, startEndpoint } from './endpoint.io.ts';
export { type MediaSocket, openMediaSocket } from './media-socket.io.ts';
export { type ReplacedDialog, referProgress, referStatus, referTarget, replacedBy, replacing } from './refer.core.ts';
