// What the tenant of a core hears, and what it needs of the world around it.

import type {
  Asking,
  CallFacts,
  CallName,
  CallRecorders,
  CallReport,
  CallSettings,
  CoupleWord,
  NoticeSettings,
} from '#actors/call';
import type { ReplyTo } from '#actors/kit';
import type { LinkReport } from '#actors/link';
import type { TLibListener, TLibPort } from '#src/cti';
import type { DnRanges } from '#src/dn';
import type { AgentMetadata, AgentNameStyle, MetadataSettings } from '#src/metadata';
import type { SessionNews } from '#src/recording';
import type { DutyOf } from '#src/shards';

/** The DNs of one switch that are to be watched. */
export interface WatchedSwitch {
  readonly name: string;
  readonly dns: readonly string[];
  /** Where its server is, in any words: when they change, the link is made anew. */
  readonly servers?: string;
  /** What the configuration server knows of each of its couples, without prefix. */
  readonly configured?: Readonly<Record<string, string>>;
}

export interface TenantPorts {
  readonly facts: CallFacts & {
    /** Calls that are not forgotten. */
    calls(tenant: string): readonly CallName[];
  };
  readonly recorders: CallRecorders;
  readonly couples: { tell(word: CoupleWord, isOurs: boolean): void };
  readonly dutyOf: DutyOf;
  /** Who logs in at a switch with a code; absent: nothing is known of agents. */
  readonly agents?: {
    find(tenant: string, switchName: string, agentId: string, style: AgentNameStyle): AgentMetadata | undefined;
  };
  readonly telephony: {
    /** Connects to the server of a switch, for good: it reconnects by itself. */
    connect(tenant: string, switchName: string, listener: TLibListener): TLibPort;
  };
}

export interface TenantSettings {
  readonly name: string;
  /** What the configuration server knows of each of its couples, without prefix. */
  readonly configured?: Readonly<Record<string, string>>;
  readonly metadata: MetadataSettings;
  /** What goes with each request for a recording. */
  readonly asking: Asking;
  readonly notification: NoticeSettings;
  readonly afterCallWorkMsMax: number;
  readonly mediaMsMax: number;
  readonly lingerMs: number;
  readonly lostLingerMs: number;
  readonly enquireMs: number;
  readonly packetsMin: number;
  /** How long the news of a recorder wait for a call they belong to. */
  readonly graceMs: number;
  /** `all`: what no call claims becomes a couple all the same; `own`: only when it names a DN that is watched here. */
  readonly orphans: 'all' | 'own';
  readonly rules: CallSettings['rules'];
  /** DN activity detection: what they leave out is not recorded, whoever asks. */
  readonly ranges: DnRanges;
  readonly keepMs: number;
  readonly twinWaitMs: number;
  readonly restartsLost: boolean;
}

/** A tenant as an operator sees it. */
export interface TenantReport {
  readonly calls: number;
  readonly dns: number;
  readonly waiting: number;
}

export type TenantMessage =
  | LinkReport
  | CallReport
  /** What is to be watched from now on; what is not named is left. */
  | { readonly type: 'directory'; readonly switches: readonly WatchedSwitch[] }
  /**
   * `home`: whether it is this tenant's session, when nothing else says so; `guessed`: but a DN alone does not make it a call's;
   * `again`: the last word on it, for whoever has not heard it.
   */
  | {
      readonly type: 'news';
      readonly news: SessionNews;
      readonly home: 'sure' | 'guessed' | 'no' | 'again';
      /** It is of a DN that other cores watch. */
      readonly isElsewhere?: boolean;
    }
  | { readonly type: 'takes-lost'; readonly takes: readonly string[] }
  | {
      readonly type: 'command';
      readonly command: 'pause' | 'resume' | 'stop' | 'keep';
      /** A recording's id, or a couple's sid. */
      readonly recording: string;
      readonly by: string;
      /** Answered with the couples it was passed to. */
      readonly reply: ReplyTo<readonly string[]>;
    }
  | { readonly type: 'report'; readonly reply: ReplyTo<TenantReport> };
