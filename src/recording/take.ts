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
  readonly endReason: string;
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
}
