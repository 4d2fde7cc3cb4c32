// What a recording session hears, what it does, and what it writes down. One session is one node's take of one recording:
// all dialogs that carry the same (recording id, CallUUID), whichever form they come in.

import type { Position } from '#src/journal';
import type { SrtpKey } from '#src/media/srtp';
import type { Copied } from '#src/recording';
import type { MsrInvite, Offer, PayloadFormat } from '#src/sip';
import type { RecordingClient, ToldMetadata } from '#src/sip/siprec';
import type { AskedPause } from './asked-pause.ts';
import type { SessionState } from './state.ts';

/** A dialog that asks to be recorded, as the SIP side hands it over. `dialog` is Call-ID;from-tag=… and names it everywhere. */
export interface Invite {
  readonly dialog: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly msr: MsrInvite;
  /** Of a SIPREC client: what it can do, and the metadata it began with. */
  readonly siprec?: RecordingClient & { readonly metadata?: ToldMetadata };
  readonly offer: Offer;
  /** Address and port the INVITE came from, for the record. */
  readonly source: string;
}

/** What capture counted of one stream. */
export interface StreamCounters {
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Packets dropped by the pause gate. */
  readonly paused: number;
  /** Sealed packets that were refused: not by who has the key; a second time. */
  readonly unauthenticated?: number;
  readonly replayed?: number;
}

/** A stream that capture has opened: where the peer must send. */
export interface OpenedStream {
  readonly stream: string;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly from: Position;
  /** Of a sealed stream, base64: what we would seal with. The answer has to name one; nothing is ever sent. */
  readonly ownKey?: string;
}

/** A stream that the session wants opened. */
export interface WantedStream {
  readonly stream: string;
  /** Index of its m-line in the offer. */
  readonly line: number;
  /** Number of the party it carries. */
  readonly party: string;
  readonly label?: string;
  readonly formats: readonly PayloadFormat[];
  readonly peer: { readonly address: string; readonly port: number };
  readonly rtcpMux: boolean;
  readonly held: boolean;
  /** What its sender seals packets with, if it does. */
  readonly srtp?: SrtpKey;
}

/**
 * Why a dialog, a stream or a recording ended. `removed`: a new offer took the m-line out, and the dialog went on. `answer-unknown`: its
 * recorder or its edge went while it was invited, and what came of that nobody can say.
 */
export type EndReason =
  | 'bye'
  | 'cancel'
  | 'silence'
  | 'operator'
  | 'peer-lost'
  | 'capture-lost'
  | 'answer-unknown'
  | 'refused'
  | 'removed'
  | 'shutdown';

/** What happened, with the wall-clock time in milliseconds: the state of a session is the fold of these, nothing else. */
export type SessionFact = { readonly atMs: number } & (
  | {
      readonly type: 'invited';
      readonly take: string;
      readonly recordingId: string;
      readonly tenant: string;
      readonly node: string;
      readonly invite: Invite;
      readonly streams: readonly WantedStream[];
    }
  | { readonly type: 'streams-opened'; readonly dialog: string; readonly opened: readonly OpenedStream[] }
  | { readonly type: 'answered'; readonly dialog: string; readonly version: number }
  /** The answer that was decided on did not go out. */
  | { readonly type: 'answer-unsent'; readonly dialog: string }
  | ({ readonly type: 're-invited' } & ReInvited)
  | { readonly type: 're-answered'; readonly dialog: string }
  | { readonly type: 'metadata-told'; readonly dialog: string; readonly metadata: ToldMetadata }
  | { readonly type: 'snapshot-asked'; readonly dialog: string }
  | { readonly type: 'dialog-ended'; readonly dialog: string; readonly reason: EndReason; readonly detail?: string }
  | { readonly type: 'stream-ended'; readonly stream: string; readonly reason: EndReason }
  | {
      readonly type: 'stream-closed';
      readonly stream: string;
      readonly counters: StreamCounters;
      readonly to: Position;
    }
  | ({ readonly type: 'pause-asked' } & AskedPause)
  | { readonly type: 'paused'; readonly fromMs: number }
  | { readonly type: 'resume-asked'; readonly by: string }
  | { readonly type: 'resumed'; readonly toMs: number }
  | ({ readonly type: 'copied' } & CopiedOut)
  | { readonly type: 'ended'; readonly reason: EndReason }
  /** `packets`: by stream; absent in facts of earlier versions. */
  | { readonly type: 'finished'; readonly folder: string; readonly packets?: Readonly<Record<string, number>> }
  /** Stands for all facts before it. */
  | { readonly type: 'summed-up'; readonly state: SessionState }
);

/** What a segment of the capture journal held of the session lies in a part of its own; `part` is absent where that was nothing. */
export interface CopiedOut extends Pick<Copied, 'to' | 'cuts'> {
  readonly part?: string;
}

/** What the sender of a stream seals with from now on. */
export interface StreamKey {
  readonly stream: string;
  readonly srtp: SrtpKey;
}

/** What a new offer within a dialog changes. Lists that are absent are empty. */
export interface ReInvited {
  readonly dialog: string;
  readonly offer: Offer;
  readonly version: number;
  /** Formats that streams which go on may have, too. */
  readonly formats?: readonly { readonly stream: string; readonly formats: readonly PayloadFormat[] }[];
  /** Streams whose sender seals with another key from now on. */
  readonly keys?: readonly StreamKey[];
  readonly added?: readonly WantedStream[];
  readonly removed?: readonly string[];
  /** The request, which waits until capture has opened what is added. */
  readonly waiting?: string;
}

/** An offer within a dialog. */
export interface ReInvitation {
  readonly type: 're-invited';
  readonly dialog: string;
  readonly request: string;
  /** Absent: the offer is ours to make. */
  readonly offer?: Offer;
  readonly metadata?: ToldMetadata;
}

/** What else the peer of a dialog may say after its INVITE. */
export type DialogMessage =
  | { readonly type: 'cancelled'; readonly dialog: string }
  | { readonly type: 'metadata-told'; readonly dialog: string; readonly metadata: ToldMetadata }
  | ({ readonly type: 'bye' } & Bye);

/** The end of a dialog. With `request` its peer waits for the answer to a BYE. */
export interface Bye {
  readonly dialog: string;
  readonly reason: EndReason;
  readonly detail?: string;
  readonly request?: string;
}

/** What a session may hear. In a re-invitation `room` says how many streams may be added; absent: none. */
export type SessionMessage =
  | DialogMessage
  | (ReInvitation & { readonly room?: number })
  /** `pausedBy`: who wants nothing kept of this recording, wherever it has been until now. */
  | {
      readonly type: 'invited';
      readonly invite: Invite;
      readonly streams: readonly WantedStream[];
      readonly pausedBy?: AskedPause;
    }
  | { readonly type: 'streams-opened'; readonly dialog: string; readonly opened: readonly OpenedStream[] }
  | { readonly type: 'streams-refused'; readonly dialog: string; readonly detail: string }
  /** `unsent`: for certain. Else nobody can say what its peer has heard. */
  | { readonly type: 'answer-failed'; readonly dialog: string; readonly detail: string; readonly unsent?: true }
  /** What was not told with the INVITE may have been told by now. */
  | { readonly type: 'metadata-due'; readonly dialog: string }
  | { readonly type: 'silent'; readonly stream: string }
  /** Capture does not hold it any more; `at` is its position when it said so: what was opened behind that is meant not. */
  | { readonly type: 'stream-gone'; readonly stream: string; readonly at: Position }
  | { readonly type: 'gated'; readonly paused: boolean; readonly atMs: number }
  | {
      readonly type: 'stream-closed';
      readonly stream: string;
      readonly counters: StreamCounters;
      readonly to: Position;
    }
  | ({ readonly type: 'pause' } & AskedPause)
  /** With `orders`: only what no other order keeps paused. */
  | { readonly type: 'resume'; readonly by: string; readonly orders?: readonly string[] }
  | { readonly type: 'stop'; readonly reason: EndReason; readonly by: string }
  | ({ readonly type: 'copied' } & CopiedOut)
  | { readonly type: 'lingered' }
  | { readonly type: 'finished'; readonly folder: string; readonly packets?: Readonly<Record<string, number>> };

/** What a session asks of the world. `expect-streams`: their silence counts from now; `tell-over`: takes no further dialog; `pass-on`: this one came too late; `hold-streams`: count these from now on; `await-metadata`: `metadata-due` is heard then; `confirm-answer`: finds out whether it went out. Facts are on disk before any of these is performed. */
export type SessionEffect =
  | {
      readonly type: 'open-streams';
      readonly dialog: string;
      readonly streams: readonly WantedStream[];
      readonly paused: boolean;
    }
  | {
      readonly type: 'move-stream';
      readonly stream: string;
      readonly peer: { readonly address: string; readonly port: number };
    }
  | { readonly type: 'expect-streams'; readonly streams: readonly string[] }
  | ({ readonly type: 'rekey-stream' } & StreamKey)
  | { readonly type: 'gate-streams'; readonly streams: readonly string[]; readonly paused: boolean }
  | { readonly type: 'close-streams'; readonly streams: readonly string[] }
  | { readonly type: 'hold-streams'; readonly streams: readonly WantedStream[] }
  | { readonly type: 'answer'; readonly dialog: string; readonly sdp: string }
  /** Who offered a new key uses it when it is answered: capture has to know it before. */
  | {
      readonly type: 'answer-re-invite';
      readonly request: string;
      readonly sdp: string;
      readonly keys?: readonly StreamKey[];
    }
  | {
      readonly type: 'refuse';
      readonly dialog: string;
      readonly status: number;
      readonly reason: string;
      readonly retryAfterSeconds?: number;
    }
  | { readonly type: 'refuse-re-invite'; readonly request: string; readonly status: number; readonly reason: string }
  | { readonly type: 'confirm-answer'; readonly dialog: string }
  | { readonly type: 'answer-bye'; readonly request: string }
  | { readonly type: 'hang-up'; readonly dialog: string; readonly reason: EndReason }
  | { readonly type: 'await-metadata'; readonly dialog: string; readonly ms: number }
  | { readonly type: 'request-snapshot'; readonly dialog: string }
  | { readonly type: 'linger'; readonly ms: number }
  | { readonly type: 'finish'; readonly take: string }
  | { readonly type: 'release-streams'; readonly streams: number }
  | { readonly type: 'tell-over' }
  | { readonly type: 'pass-on'; readonly invite: Invite; readonly streams: readonly WantedStream[] }
  | { readonly type: 'forget' };
