// The bounds of messages on the wire and of the connections they come on.

import { messageBytesMax } from '#src/sip';
import type { CrowdLimits } from './stream-crowd.ts';

export interface StreamLimits extends CrowdLimits {
  /** Bytes waiting for one peer; a slower reader is disconnected. */
  readonly streamQueueBytesMax: number;
  /** How long a connection may be silent, keep-alives not counted as silence. Longer than most calls: BYEs come here. */
  readonly streamIdleMsMax: number;
  /** From the first byte of a message to its last, and from connecting to the end of the first one. */
  readonly messageMsMax: number;
  /** How long a peer may take to accept a connection of ours, handshake included. */
  readonly connectMsMax: number;
  /** Start line and headers of one message. */
  readonly headBytesMax: number;
  /** One whole message. */
  readonly messageBytesMax: number;
  /** A larger request goes over TCP instead of UDP (RFC 3261 §18.1.1); the UDP default of drachtio-server too. */
  readonly datagramBytesMax: number;
}

export const streamLimits: StreamLimits = {
  streamsMax: 4_096,
  streamsPerPeerMax: 1_024,
  streamBytesMax: 8 * 1024 * 1024,
  streamQueueBytesMax: 1024 * 1024,
  streamIdleMsMax: 7_200_000,
  messageMsMax: 32_000,
  connectMsMax: 10_000,
  headBytesMax: 32_768,
  messageBytesMax,
  datagramBytesMax: 1_300,
};
