// What a proxy stands on, too: transports, transactions, and the way to a place.
export type { ClientTransaction } from './client-transaction.ts';
export {
  acknowledgementOf,
  branchWith,
  cancellationOf,
  essentialsOf,
  newRequest,
  ownResponse,
  viaLine,
} from './compose.ts';
export { tokenOf } from './context.ts';
export type { EdgeCounters, Refusal } from './counters.ts';
export { Tally } from './counters.ts';
export { type DatagramAccess, type DatagramCode, loadDatagramCode } from './datagrams.io.ts';
export { type Edge, type EdgeOptions, type ListenerOptions, startEdge } from './edge.io.ts';
export { type EdgeLimits, edgeLimits } from './limits.ts';
export type { Resolver } from './names.ts';
export { Names } from './names.ts';
export { type PreparedRequest, prepare } from './own-requests.ts';
export { systemResolver } from './resolver.io.ts';
export { findWay } from './route.ts';
export type { ServerTransaction } from './server-transaction.ts';
export type { TlsCredentials } from './stream.io.ts';
export { openStream } from './stream.io.ts';
export type { ReceivedResponse } from './transaction.protocol.ts';
export { Transactions } from './transactions.ts';
export { type Endpoint, type Flow, hostPortOf, type Transport, type TransportReceiver } from './transport.ts';
export { openUdp } from './udp.io.ts';
