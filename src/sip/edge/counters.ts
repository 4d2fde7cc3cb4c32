// What the edge counts: enough to see what it did, what it holds and why it refused something.

/** Why something was not accepted. */
export type Refusal =
  | 'malformed'
  | 'version'
  | 'too-large'
  | 'unknown-scheme'
  | 'transactions-full'
  | 'dialogs-full'
  | 'edge-late'
  | 'application-late'
  | 'application-full'
  | 'no-application'
  | 'application-away'
  | 'no-dialog'
  | 'no-transaction'
  | 'merged-request'
  | 'out-of-order'
  | 'request-pending'
  | 'interval-too-short'
  | 'stray-ack'
  | 'no-ack'
  | 'stray-response'
  | 'send-failed'
  | 'socket-error'
  | 'stream-garbage'
  | 'stream-length'
  | 'stream-late'
  | 'streams-full'
  | 'streams-full-of-peer'
  | 'streams-half-said'
  | 'tls-failed'
  | 'peer-slow'
  | 'not-authenticated'
  | 'wrong-secret'
  | 'authentication-late'
  | 'frame-invalid'
  | 'connections-full'
  | 'application-slow';

/** A reading of the counters. The first group only grows, the second is what is held right now. */
export interface EdgeCounters {
  readonly requestsReceived: number;
  readonly responsesReceived: number;
  readonly requestsSent: number;
  readonly responsesSent: number;
  /** Copies of requests that were absorbed. */
  readonly repeatsAbsorbed: number;
  /** Requests that were too large for UDP. */
  readonly requestsOverTcp: number;
  /** Messages sent again because no answer or ACK came. */
  readonly repeatsSent: number;
  /** Calls whose 2xx was never acknowledged. */
  readonly answersAbandoned: number;
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
  /** Requests that are not answered yet, or whose answer is not acknowledged yet. */
  readonly transactions: number;
  /** Answered requests whose copies would get the same answer again. */
  readonly answers: number;
  readonly dialogs: number;
  readonly connections: number;
  /** Which share of the new calls is let in: below 1 while calls are shed. */
  readonly admittedShare: number;
  /** Connections of SIP over TCP and TLS. */
  readonly streams: number;
}

/** The counters that only grow. */
export class Tally {
  requestsReceived = 0;
  responsesReceived = 0;
  requestsSent = 0;
  responsesSent = 0;
  repeatsAbsorbed = 0;
  repeatsSent = 0;
  requestsOverTcp = 0;
  answersAbandoned = 0;
  readonly #refused = new Map<Refusal, number>();

  refuse(reason: Refusal): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  get refused(): Readonly<Partial<Record<Refusal, number>>> {
    return Object.fromEntries(this.#refused);
  }
}
