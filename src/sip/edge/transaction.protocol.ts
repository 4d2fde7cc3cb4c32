// What the four transaction machines of RFC 3261 §17 and RFC 6026 are told and what they ask for. They never touch a socket
// or a clock: `transactions.ts` performs the effects.

import type { Essentials, SipResponse } from '#src/sip';
import type { Endpoint } from './transport.ts';

/**
 * Timer letters of RFC 3261 Table 4 and RFC 6026; C is borrowed from proxies and bounds the wait for a final response. J and
 * L are the time of `remember`. `trying` has no letter: the 200 ms of §17.2.1.
 */
export type TimerName = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'K' | 'M' | 'trying';

/** A response as it came: with its bytes, its fields, and who sent it (nobody, when the edge made it up after a time-out). */
export interface ReceivedResponse extends SipResponse {
  readonly bytes: Buffer;
  readonly essentials: Essentials;
  readonly peer: Endpoint | undefined;
}

/** What a machine wants done. */
export type TransactionEffect =
  /** Send the request or response, or the last response, on the wire. Always allowed. */
  | { readonly type: 'send'; readonly bytes: Buffer }
  /** Start (or start again) a timer. */
  | { readonly type: 'set-timer'; readonly timer: TimerName; readonly delayMs: number }
  | { readonly type: 'stop-timer'; readonly timer: TimerName }
  /** Client: hand a response up. A 2xx to INVITE may come several times (RFC 6026 §7.2). */
  | { readonly type: 'deliver'; readonly response: ReceivedResponse }
  /** INVITE client: acknowledge a final response that is no 2xx (RFC 3261 §17.1.1.3). */
  | { readonly type: 'acknowledge'; readonly response: ReceivedResponse }
  /** INVITE server: answer 100, nobody else has answered yet. */
  | { readonly type: 'try' }
  /** Client: no final response came. INVITE server: no ACK came for an error response. */
  | { readonly type: 'timed-out' }
  /** Server: copies of the request get this again for 64*T1; without bytes they are absorbed in silence. */
  | { readonly type: 'remember'; readonly bytes: Buffer | undefined }
  /** Last effect of every transaction: forget it. */
  | { readonly type: 'terminated' };

/** A machine's answer. */
export type Step<State> = readonly [State, readonly TransactionEffect[]];

/** Timer values (RFC 3261 Table 4); over a reliable transport nothing is sent twice and nothing lingers. */
export interface Timing {
  readonly t1Ms: number;
  readonly t2Ms: number;
  readonly t4Ms: number;
  readonly isReliable: boolean;
  /** How long an INVITE may ring without a further provisional response. */
  readonly ringMsMax: number;
}
