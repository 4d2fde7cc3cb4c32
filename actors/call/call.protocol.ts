// What a call hears, what it asks for, and what it writes down. A call is all parties of one CallUUID; each party that is
// recorded is one side of a couple. It hears of parties from the telephony server and of media from recorders, in any order,
// and either may be missing.

import type { TenantConfig } from '#src/config';
import type { AgentMetadata } from '#src/metadata';
import type { Couple, SessionNews } from '#src/recording';
import type { RuleCall, RuleDecision, StandingEvent } from '#src/rules';
import type { Mandate } from '#src/shards';
import type { CoupleWord } from './couple-word.ts';

export type CallType = Couple['callType'];

/** What happens to a party of a call. `seen`: it is there, as a telephony server says that is asked after a pause. */
export type PartyHappening =
  | 'ringing'
  | 'dialing'
  | 'established'
  | 'held'
  | 'retrieved'
  | 'party-changed'
  | 'party-added'
  | 'party-deleted'
  | 'data-changed'
  | 'released'
  | 'abandoned'
  | 'seen';

/** An event of a party, with all that the telephony server says at that moment. What is absent is not known. */
export interface PartyEvent {
  readonly what: PartyHappening;
  readonly dn: string;
  readonly connId: string;
  readonly atMs: number;
  readonly partyUuid?: string;
  readonly previousConnId?: string;
  readonly refCallUuid?: string;
  readonly callType?: CallType;
  /** Whether it has called, or was called. */
  readonly role?: 'origin' | 'destination';
  readonly otherDn?: string;
  readonly thirdPartyDn?: string;
  readonly ani?: string;
  readonly dnis?: string;
  readonly queue?: string;
  readonly agentId?: string;
  /** Attached data, flat: texts and numbers by key. */
  readonly userData?: Readonly<Record<string, string>>;
  /** Extensions of the event, flat. */
  readonly extensions?: Readonly<Record<string, string>>;
  /** What else it says and a couple keeps, by names of T-Lib. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Who is logged in there, as the configuration server knows. */
  readonly agent?: AgentMetadata;
}

/** How a call is called, given once. */
export interface CallName {
  readonly tenant: string;
  readonly switch: string;
  readonly callUuid: string;
}

/** What a call may hear. */
export type CallMessage =
  | { readonly type: 'party'; readonly event: PartyEvent }
  /** A DN is not in the call any more, though no event told that it was released. */
  | { readonly type: 'absent'; readonly dn: string }
  | { readonly type: 'after-call-work'; readonly dn: string; readonly phase: 'began' | 'ended' }
  /**
   * `watched`: those of the DNs it names of which the telephony server tells. `isElsewhere`: it is of a DN that other cores watch, and
   * so is its couple.
   */
  | {
      readonly type: 'session';
      readonly news: SessionNews;
      readonly watched?: readonly string[];
      readonly isElsewhere?: boolean;
    }
  /** The recorder that held these takes is gone, and nobody has taken them over. */
  | { readonly type: 'takes-lost'; readonly takes: readonly string[] }
  | { readonly type: 'accepted'; readonly sid: string }
  | Refused
  /** Time to ask about what is in doubt. */
  | { readonly type: 'enquiry-due' }
  /** A couple has waited for its media long enough. */
  | { readonly type: 'media-due'; readonly sid: string }
  /** Time to see whether what our twin, or a recorder, was to do has come about. */
  | ({ readonly type: 'effect-due' } & AwaitedEffect)
  /** Time to see whether what was asked for is recorded; it was asked for again for the `attempt`th time, or, at 0, for the first time. */
  | { readonly type: 'recording-due'; readonly sid: string; readonly attempt: number }
  /** Time to see whether our twin has attached what is to be told of the call. */
  | { readonly type: 'notice-due'; readonly notice: Notice }
  /** Every party has gone: whatever is still to be said of the media has been said, or will not be. */
  | { readonly type: 'lingered' }
  | {
      readonly type: 'command';
      /** `keep`: what is pre-recorded is wanted. */
      readonly command: 'pause' | 'resume' | 'stop' | 'keep';
      readonly sid: string;
      readonly by: string;
    }
  /** The core that acts has told that it asks for a recording again. */
  | { readonly type: 'asked-told'; readonly sid: string }
  /** Another core has told that what is pre-recorded is wanted. */
  | { readonly type: 'keep-told'; readonly sid: string; readonly by: string }
  /** A pre-recorded party has gone, and was not asked for in time. */
  | { readonly type: 'keep-due'; readonly sid: string }
  /** A recorder has destroyed the media of a take. */
  | { readonly type: 'destroyed'; readonly sid: string; readonly take: string }
  /** It has not: it is ordered once more, for the `attempt`th time. */
  | { readonly type: 'destroy-due'; readonly sid: string; readonly take: string; readonly attempt: number };

/** What happened, with the wall-clock time in milliseconds: the state of a call is the fold of these. */
export type CallFact = { readonly atMs: number } & (
  | ({ readonly type: 'began' } & CallName)
  | { readonly type: 'party'; readonly event: PartyEvent }
  | { readonly type: 'after-call-work'; readonly dn: string; readonly phase: 'began' | 'ended' }
  | {
      readonly type: 'couple-began';
      readonly sid: string;
      readonly dn: string;
      readonly partyUuid: string;
      readonly recordingId: string;
      readonly by: Couple['request']['by'];
      readonly why: string;
    }
  /** What the rules said of a party, and what they were told of it: written when either is another than before. */
  | {
      readonly type: 'judged';
      readonly partyUuid: string;
      readonly call: RuleCall;
      readonly decision: RuleDecision;
    }
  /** What is to become of a couple's recording, from now on. */
  | {
      readonly type: 'stands';
      readonly sid: string;
      readonly standing: Couple['standing'];
      readonly cause: StandingEvent['type'];
      readonly why: string;
    }
  | { readonly type: 'destroyed'; readonly sid: string; readonly take: string }
  /**
   * It is to be asked for, by us or by our twin. `why`: as the rules have it, when it was asked for before in vain; `attempt`: it is asked
   * for again for so many times, since it was lost, or refused.
   */
  | {
      readonly type: 'asked';
      readonly sid: string;
      readonly asking?: Asking;
      readonly why?: string;
      readonly attempt?: number;
    }
  | { readonly type: 'accepted'; readonly sid: string }
  | Refused
  /** Our twin has told that it asks for it again. */
  | { readonly type: 'asked-told'; readonly sid: string }
  /** Wanted of every recorder that has it, until all of them say that it is so. */
  | {
      readonly type: 'ordered';
      readonly sid: string;
      readonly command: RecorderOrder;
      readonly by: string;
      readonly orders?: readonly string[];
    }
  /** Nothing was seen of our twin, who was to ask for the recording: we did, and tell of it from now on. */
  | { readonly type: 'stood-in'; readonly sid: string }
  | { readonly type: 'session'; readonly sid: string; readonly news: SessionNews }
  /** A recording beside ours, of a party that other cores watch. */
  | { readonly type: 'beside'; readonly take: string; readonly phase: 'recording' | 'paused' | 'ended' }
  /** A take that counted for one couple is another's: its party has a recording of its own. */
  | { readonly type: 'moved'; readonly sid: string; readonly take: string; readonly to: string }
  | { readonly type: 'takes-lost'; readonly takes: readonly string[] }
  /** What others are told of a couple has changed. */
  | ({ readonly type: 'status'; readonly sid: string } & Notice)
  /** What is attached to the call has changed. */
  | ({ readonly type: 'notified' } & Notice)
  | { readonly type: 'media-missed'; readonly sid: string }
  | { readonly type: 'over' }
);

/** A request for a recording has failed. `isForGood`: it would fail again. */
export interface Refused {
  readonly type: 'refused';
  readonly sid: string;
  readonly code: string;
  readonly detail: string;
  readonly isForGood?: true;
}

/** What is said with a request for a recording: its side of the call (geo-location), and recorders other than the configured ones. */
export type Asking = Pick<Couple['request'], 'record' | 'dest' | 'dest2'>;

/** What is told of audio and screen. */
export type Notice = Pick<NonNullable<Couple['status']>, 'audio' | 'video'>;

/** Keys and values of the notification by attached data. */
export type NoticeSettings = TenantConfig['notification'];

/** What is asked of the telephony server about a recording. */
export type PrivateService = 'start' | 'stop' | 'pause' | 'resume';

/** What of a couple is to have come about; a start is the one that was asked for after so many sessions. */
export interface AwaitedEffect {
  readonly sid: string;
  readonly of: PrivateService;
  readonly after: number;
}

/** Who orders, and under which lease: recorders obey none of yesterday. */
export interface Ordering {
  readonly by: string;
  readonly mandate?: Mandate;
  /** Names an order to pause, however often it is given; with a resume, those that it takes back: all when it is absent. */
  readonly orders?: readonly string[];
}

/** What recorders are ordered while they record. */
export type RecorderOrder = 'pause' | 'resume' | 'stop';

/** What a call asks of the world. Facts are on disk before any of these is performed. */
export type CallEffect =
  | {
      readonly type: 'private-service';
      readonly service: PrivateService;
      readonly sid: string;
      readonly dn: string;
      readonly connId: string;
      readonly recordingId: string;
      readonly asking?: Asking;
      /** Of a start: the recording is paused, and every recorder has to know that before media comes. */
      readonly pausedFirst?: Ordering;
    }
  | {
      readonly type: 'order';
      readonly command: RecorderOrder;
      /** Or a take, of which there is no further one. */
      readonly recordingId: string;
      readonly ordering: Ordering;
    }
  /** Data of the call is attached or replaced, through a DN that is in it. */
  | {
      readonly type: 'attach';
      readonly dn: string;
      readonly connId: string;
      readonly data: Readonly<Record<string, string>>;
    }
  /** Who stands by is to know that we ask again: many are asked for at once, and it would not see soon enough what comes of it. */
  | { readonly type: 'tell-asked'; readonly sid: string; readonly dn: string }
  /** Other cores that watch the DN are to know that the couple is wanted: they would destroy it in time. */
  | { readonly type: 'tell-kept'; readonly sid: string; readonly dn: string; readonly by: string }
  /** Of a take that is finished: its media is destroyed, its metadata stays. */
  | {
      readonly type: 'destroy';
      readonly sid: string;
      readonly take: string;
      readonly ordering: Ordering;
      readonly attempt: number;
    }
  /** As `destroy`, after our twin had the time to do it. */
  | { readonly type: 'await-destroy'; readonly sid: string; readonly take: string; readonly ms: number }
  | ({ readonly type: 'await-effect'; readonly ms: number } & AwaitedEffect)
  | { readonly type: 'await-recording'; readonly sid: string; readonly attempt: number; readonly ms: number }
  | { readonly type: 'await-notice'; readonly notice: Notice; readonly ms: number }
  | { readonly type: 'await-keep'; readonly sid: string; readonly ms: number }
  | { readonly type: 'await-media'; readonly sid: string; readonly ms: number }
  /** The telephony server is to say what the DN is doing: events that tell it may have been lost. */
  | { readonly type: 'enquire'; readonly dn: string }
  | { readonly type: 'await-enquiry'; readonly ms: number }
  | { readonly type: 'linger'; readonly ms: number }
  /** After-call work that nobody ends in this time counts as over. */
  | { readonly type: 'bound-after-call-work'; readonly dn: string; readonly ms: number }
  /** `isOurs`: whoever is to be notified hears of it from us. */
  | { readonly type: 'tell'; readonly word: CoupleWord; readonly isOurs: boolean }
  /** For the log: a DN that is to be recorded was in the call, and nobody said so before it was over. */
  | { readonly type: 'never-told'; readonly dn: string; readonly why: string }
  | { readonly type: 'forget' };
