// What a proxy asks of whoever decides where requests go. The proxy knows SIP and nothing of recorders; who decides knows recorders
// and nothing of transactions.

import type { SipRequest } from '#src/sip';

/** Where a request may be sent. */
export interface Place {
  /** `sip:host:port`, perhaps with a transport. */
  readonly uri: string;
  /** What the Request-URI becomes there. */
  readonly requestUri: string;
}

/** What came of a request at a place. */
export type Outcome =
  | 'accepted'
  /** A final answer that any other place would give, too: it is passed on. */
  | 'declined'
  /** 408 or 5xx: the next place is tried. `restMs`: how long it does not want to be asked again (Retry-After). */
  | { readonly failed: number; readonly restMs: number | undefined }
  /** No answer in time, or no way there: the next place is tried. */
  | 'silent'
  /** Whoever asked does not want it any more. */
  | 'cancelled';

/** The way of one request: asked for places until one of them answers for all. */
export interface Way {
  /** The next place, or undefined when nobody is left. */
  next(): Place | undefined;
  /** Told once for each place. */
  ended(place: Place, outcome: Outcome): void;
  /** What is answered when nobody is left. */
  refusal(): Refusal;
}

/** What the proxy answers by itself. */
export interface Refusal {
  readonly status: number;
  /** For people, in a Warning. */
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

export interface Router {
  /** The way of a request that opens a dialog, or why it has none. */
  way(request: SipRequest): Way | Refusal;
  /** Where a request inside of a dialog goes that should not have come here; undefined: nowhere. */
  inDialog(request: SipRequest): Place | undefined;
}
