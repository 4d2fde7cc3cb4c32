// What the parent of all recording sessions of a recorder hears.

import type { ReplyTo } from '#actors/kit';
import type { CopiedOut, DialogMessage, Invite, ReInvitation, SessionReport } from '#actors/session';
import type { Position } from '#src/journal';

/** What capture holds, as it says to whoever has just connected; news of before may have been told to nobody. */
export interface HeldStreams {
  readonly streams: ReadonlyMap<string, 'heard' | 'silent'>;
  /** Where capture's journal was then, or before. */
  readonly at: Position;
}

/** A session as an operator sees it. */
export interface SessionsReport {
  readonly sessions: number;
  readonly streams: number;
  readonly streamsMax: number;
}

export type SessionsMessage =
  | SessionReport
  | { readonly type: 'invited'; readonly invite: Invite }
  | DialogMessage
  | ReInvitation
  | { readonly type: 'silent'; readonly stream: string }
  | ({ readonly type: 'held' } & HeldStreams)
  | { readonly type: 'session-gone'; readonly take: string }
  | {
      readonly type: 'command';
      readonly command: 'pause' | 'resume' | 'stop';
      /** A recording id or a take. */
      readonly recording: string;
      readonly by: string;
      /** Names an order to pause; with a resume, those that it takes back: all when it is absent. */
      readonly orders?: readonly string[] | undefined;
      /** Answered with the takes it was passed to; none when no such recording runs. */
      readonly reply: ReplyTo<readonly string[]>;
    }
  | ({
      readonly type: 'copied';
      readonly take: string;
      /** Answered when it is written down for good, or of no use any more. */
      readonly reply: ReplyTo<void>;
    } & CopiedOut)
  | { readonly type: 'report'; readonly reply: ReplyTo<SessionsReport> };
