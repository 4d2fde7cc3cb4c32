export {
  type BatchCode,
  BatchReceiver,
  type BatchReceiverOptions,
  loadBatchCode,
  type SocketHandles,
} from './batch-receiver.io.ts';
export { Capture, type CaptureOptions, captureWriter } from './capture.io.ts';
export { CaptureClient, type CaptureClientOptions, type OpenStream } from './client.io.ts';
export {
  type ControlEvent,
  type ControlRequest,
  controlVersion,
  type Peer,
  type RequestName,
  type ResultOf,
  type StreamCounters,
  type StreamState,
} from './control.schema.ts';
export type { CaptureFact } from './fact.ts';
export type { Owner } from './ownership.ts';
export { Quarantine, readQuarantined } from './quarantine.ts';
export type { Receiver } from './receiver.ts';
export { ControlServer, type ControlServerOptions } from './server.io.ts';
export type { SocketLease, SocketSource } from './sockets.ts';
export { SourcePin } from './source-pin.ts';
