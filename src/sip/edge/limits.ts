// The bounds of an edge. What is over a bound is refused, counted by reason, and never waits.

import { type OverloadLimits, overloadLimits } from './overload.core.ts';
import { type StreamLimits, streamLimits } from './stream-limits.ts';

export interface EdgeLimits extends StreamLimits, OverloadLimits {
  /**
   * Server and client transactions at once; above it requests get 503 with Retry-After. The last fifth is for requests inside of
   * dialogs.
   */
  readonly transactionsMax: number;
  /** Answers kept for copies of their requests, 32 s each; above it the oldest are forgotten before their time. */
  readonly answersMax: number;
  /** Dialogs at once; above it new INVITEs get 503 with Retry-After. */
  readonly dialogsMax: number;
  /** Application connections at once; further ones are closed. */
  readonly connectionsMax: number;
  /** How long a connection may take to authenticate. */
  readonly authenticationMsMax: number;
  /** Bytes of one frame an application may send (at most five digits on the wire). */
  readonly frameBytesMax: number;
  /** Bytes waiting for one application; a slower reader is disconnected. */
  readonly queueBytesMax: number;
  /** Verbs one connection may route. */
  readonly routesMax: number;
  /** How long an application may take to answer a request at all. */
  readonly unansweredMsMax: number;
  /** How long an INVITE may ring after a provisional response. */
  readonly ringMsMax: number;
  /** How long a request inside a dialog waits for an application that is away. */
  readonly applicationReturnMsMax: number;
  /** How long a BYE does, less than the 32 s after which its peer gives up (RFC 3261 §17.1.2.2): nobody says again that a call is over. */
  readonly byeReturnMsMax: number;
  /** How long the dialogs of an application that stays away are kept; then they are ended with a BYE. */
  readonly applicationAwayMsMax: number;
}

export const edgeLimits: EdgeLimits = {
  ...streamLimits,
  ...overloadLimits,
  transactionsMax: 50_000,
  answersMax: 100_000,
  dialogsMax: 20_000,
  connectionsMax: 64,
  authenticationMsMax: 10_000,
  frameBytesMax: 99_999,
  queueBytesMax: 16 * 1024 * 1024,
  routesMax: 64,
  unansweredMsMax: 64_000,
  ringMsMax: 300_000,
  applicationReturnMsMax: 3_000,
  byeReturnMsMax: 25_000,
  applicationAwayMsMax: 3_600_000,
};
