// What is known of a take when its last stream has closed: the input of finishing. Plain data, from whoever kept it.

import type { Position } from '#src/journal';
import type { PayloadFormat } from '#src/sip';

export interface TakeStream {
  readonly stream: string;
  readonly dialog: string;
  readonly party: string;
  readonly label?: string;
  readonly formats: readonly PayloadFormat[];
  /** The part of the capture journal in which its packets stand. */
  readonly from: Position;
  readonly to: Position;
  /** Packets the pause gate dropped, by capture's count. */
  readonly paused: number;
  /** Its packets came sealed: how, and how many were refused because they were not by who has the key, or came again. */
  readonly srtp?: { readonly suite: string; readonly unauthenticated: number; readonly replayed: number };
  readonly endReason: string;
  /** Whose voices are in it and when, by number, where a client's metadata tells; then `party` is the first of them. */
  readonly speakers?: readonly TakeSpeaker[];
  /** Several of them speak at the same time. */
  readonly mixed?: boolean;
  /** When its sender had it on hold. Wall clock. */
  readonly holds?: readonly Interval[];
  /** Wall clock: from when it was wanted to when it ended. */
  readonly lived?: Interval;
}

/** Wall-clock milliseconds since 1970. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TakeSpeaker extends Interval {
  readonly number: string;
}

/** A communication session of which a client's metadata tells. */
export interface TakeCall extends Interval {
  readonly call: string;
  readonly sipSessionId?: string;
  readonly reason?: string;
  readonly parties: readonly string[];
}

/** Two parties in one call, for as long as both were in it. */
export interface TakeCouple extends Interval {
  readonly call: string;
  readonly parties: readonly [string, string];
}

export interface TakeDialog {
  readonly dialog: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly source: string;
  readonly invitedMs: number;
  readonly endedMs: number;
  readonly endReason: string;
  readonly endDetail?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What of a take was copied out of the capture journal while it ran. */
export interface Copied {
  /** Sealed files of its packets, in their order. */
  readonly parts: readonly string[];
  /** Everything before is in them. */
  readonly to: Position;
  /** What of the journal could not be read, in words. */
  readonly cuts: readonly string[];
}

export interface Take {
  readonly take: string;
  readonly recordingId: string;
  readonly tenant: string;
  readonly node: string;
  readonly callUuid?: string;
  readonly recordDn?: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly endReason: string;
  readonly dialogs: readonly TakeDialog[];
  readonly streams: readonly TakeStream[];
  readonly pauses: readonly { readonly fromMs: number; readonly toMs: number; readonly by: string }[];
  readonly copied?: Copied;
  /** What a client's metadata says, where there is any. */
  readonly told?: {
    readonly parties: readonly { readonly number: string; readonly name?: string }[];
    readonly calls: readonly TakeCall[];
    readonly couples: readonly TakeCouple[];
    /** What could not be read of it, in words. */
    readonly unreadable: readonly string[];
  };
}
