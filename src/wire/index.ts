export { type CloseReason, WireConnection, type WireLimits, type WireReceiver, wireLimits } from './connection.io.ts';
export { type ClientTls, type Endpoint, endpointOfText, type ServerTls, textOfEndpoint } from './endpoint.ts';
export { WireListener, type WireListenerOptions } from './listener.io.ts';
export { type Outcome, PendingRequests } from './pending-requests.ts';
export { Redial, type RedialRules, type RedialStep } from './redial.ts';
export {
  type Standing,
  StandingConnection,
  type StandingConnectionOptions,
  type Tenant,
} from './standing-connection.io.ts';
export { gatherTurn } from './turn.io.ts';
