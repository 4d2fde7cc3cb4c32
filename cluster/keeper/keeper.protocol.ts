// What the keeper and its children say to each other over their IPC channel. A message that brings a socket carries it as
// the handle beside it. Messages of one direction arrive in the order they were sent.

import type { SipListener } from '#src/sip';
import type { EdgeCounters } from '#src/sip/edge';

/** Child to keeper: a list of these, all that was said in one turn. */
export type ChildMessage =
  /** Listening: hand me my sockets. */
  | { readonly type: 'ready' }
  /** capture: so many more socket pairs, ahead of need. */
  | { readonly type: 'want-pairs'; readonly pairs: number }
  /** capture: what to hand to its successor beside the sockets of a lease. One without a note is of no stream, and handed when pairs are wanted. */
  | { readonly type: 'note'; readonly lease: number; readonly note: string }
  /** capture: the stream is over; it keeps the sockets for another one. */
  | { readonly type: 'release'; readonly lease: number }
  /** What to hand to its successor beside everything else. */
  | { readonly type: 'remember'; readonly memory: string }
  /** What this child adds to the node's card. */
  | { readonly type: 'card'; readonly card: ChildCard };

/** Keeper to child. */
export type KeeperMessage =
  /** edge: one SIP socket, in the order of the listeners. */
  | { readonly type: 'sip-socket'; readonly facts: SipListener }
  | { readonly type: 'lease-socket'; readonly lease: number; readonly role: 'rtp' | 'rtcp' }
  /** A pair that was wanted; both of its sockets have been sent. */
  | { readonly type: 'pair'; readonly lease: LeaseFacts }
  /** So many of those wanted cannot be had. */
  | { readonly type: 'pairs-refused'; readonly pairs: number; readonly message: string }
  /** Everything that was kept for this child has been sent. */
  | { readonly type: 'handed'; readonly leases: readonly LeaseFacts[]; readonly memory: string }
  | { readonly type: 'stop' };

export interface LeaseFacts {
  readonly lease: number;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** '' while no stream uses it. */
  readonly note: string;
}

/** What children have asked to remember; '' at first. */
export interface Memory {
  readonly edge: string;
  readonly capture: string;
}

/** Parts of the node's card that only a child knows. */
export interface ChildCard {
  /** edge: where applications connect. */
  readonly application?: { readonly host: string; readonly port: number };
  /** edge: what it counts. */
  readonly signalling?: EdgeCounters;
  /** capture: its control socket. */
  readonly controlSocket?: string;
}
