// What a drill is: a named fault under running calls, as data. A drill says what happens and what must come of it; how that
// is done to real processes stands in the engine, and what came of it is judged by what was sent.

/** The processes a fault can befall. */
export const roles = ['pm2', 'keeper', 'edge', 'capture', 'recorder', 'redis'] as const;
export type Role = (typeof roles)[number];

/** A figure of a run, by the name under which it is printed. Units are part of the name. */
export type Figures = Readonly<Record<string, number>>;

/** What happens in every drill. */
type CommonStep =
  /** The calls of the drill are placed, and all are answered. */
  | { readonly step: 'place-calls' }
  /** Calls go on undisturbed; between two bounds the seed decides. */
  | { readonly step: 'wait'; readonly ms: number | readonly [number, number] }
  /** An operator pauses all recordings; on a cluster one in ten, by the core of the second node. */
  | { readonly step: 'pause' }
  /** All calls end by BYE; recordings are waited for. */
  | { readonly step: 'hang-up' };

/** What happens to a node. */
export type NodeStep =
  | CommonStep
  | { readonly step: 'kill' | 'freeze' | 'thaw'; readonly role: Role }
  /** A process of pm2's is replaced by another one of the same program, as `npm run reload` does it. */
  | { readonly step: 'reload'; readonly role: 'keeper' | 'recorder' | 'redis' }
  /** Every actor of the recorder throws an exception again and again (loaded by thrower.ts), until this ends. */
  | { readonly step: 'throw'; readonly forMs: number }
  /** Waits until a role is another process than before the last fault. The time since then is a figure. */
  | { readonly step: 'await-return'; readonly role: Role; readonly figure: string }
  /** Places calls until one is answered: edge, recorder and capture work together again. The time since the last fault is a figure. */
  | { readonly step: 'await-answer'; readonly figure: string }
  /** Waits until pm2 says of every process that it is online. The time since the last fault is a figure. */
  | { readonly step: 'await-managed'; readonly figure: string }
  /** The node's disk is filled to the last byte, or has room again. */
  | { readonly step: 'fill-disk' | 'heal-disk' }
  /** Places calls that must be refused with 503; those that are not are a figure. */
  | { readonly step: 'place-refused'; readonly calls: number; readonly figure: string }
  /** The power fails: every process is gone, and what was not synced. Calls go on sending to nobody. */
  | { readonly step: 'cut-power' }
  /** The power is back, the node starts. */
  | { readonly step: 'restore-power' }
  /** A stranger sends to every stream: packets that look like the peer's next ones, half from another port, half from another address. */
  | { readonly step: 'inject'; readonly packetsPerStream: number }
  /** SIPp places as many calls as the drill's node can take, for so long: all of its code has run, and its memory is in use. */
  | { readonly step: 'serve'; readonly invitesPerSecond: number; readonly forMs: number }
  /** From now on the memory of the node's processes is watched, held against what it is now. */
  | { readonly step: 'watch-memory' }
  /** SIPp places more calls than that; the drill gives calls beside them. */
  | { readonly step: 'flood-calls'; readonly invitesPerSecond: number; readonly forMs: number }
  /** Strangers send so many packets for each one of the calls, to their ports, and as many to closed ones. */
  | { readonly step: 'flood-packets'; readonly times: number; readonly forMs: number }
  /** A stranger sends bursts of 64 KiB to every port. */
  | { readonly step: 'flood-datagrams'; readonly forMs: number }
  /** Strangers open connections to the port of SIP, and never end what they begin to say. */
  | { readonly step: 'flood-connections'; readonly forMs: number }
  /** The media of all calls moves to other ports, by re-INVITE. */
  | { readonly step: 'move-media' }
  /** All parties that speak counters press digits. */
  | { readonly step: 'press'; readonly digits: string }
  /** An operator resumes all recordings. */
  | { readonly step: 'resume' }
  /** Looks for what was said and pressed in a pause in every byte of the disk, as it is and as the node's key opens it. */
  | { readonly step: 'search-disk' }
  /** Writes a segment as that many calls fill it, tears its last block and reads it. The time that reading takes is a figure. */
  | { readonly step: 'read-large-journal'; readonly calls: number; readonly figure: string }
  /** Reads what the killed capture had left in its journal, to the end. The time that takes is a figure. */
  | { readonly step: 'read-torn-journal'; readonly figure: string };

/** What happens to a Redis of the drill's own. */
export type RedisStep =
  /** Its server, or the master, is killed; comes back with nothing; is emptied. */
  | { readonly step: 'kill-redis' | 'start-redis' | 'flush-redis' }
  /** With sentinels: what is written from now on, the replica does not have. */
  | { readonly step: 'cut-replica' }
  /**
   * Waits until who has listened all the time, and who begins only now, know of every call and every recording what cores and disks
   * know, and Redis has who lives and who holds shards. The time since the last step that befell Redis is a figure.
   */
  | { readonly step: 'await-facts'; readonly figure: string; readonly withinMs: number };

/** What happens to a cluster whose first node records all calls. Either core acts for a part of the shards. */
export type ClusterStep =
  | CommonStep
  | RedisStep
  /** Of the first node everything that records is killed, or its core. */
  | { readonly step: 'kill-node' | 'bring-back-node' | 'kill-core' }
  /** Calls arrive one after the other. */
  | { readonly step: 'place-one-by-one'; readonly calls: number; readonly everyMs: number }
  /** So do they for so long, or for a share of the seconds that were asked for. */
  | { readonly step: 'arrive'; readonly forMs: number; readonly everyMs: number }
  /** So many calls come to the second node, and are over: all of its code has run, as on every node of a cluster that shares calls. */
  | { readonly step: 'serve-elsewhere'; readonly calls: number }
  /** So many calls end, the first ones first. */
  | { readonly step: 'hang-up-some'; readonly calls: number }
  /** The core of the first node stands still. */
  | { readonly step: 'freeze-core' }
  /**
   * Of so many shards for which the second core acts by now, an operator has one recording paused by it, and another one by the core that
   * stands still or is cut off: that one believes still, or again when it goes on, that it acts.
   */
  | { readonly step: 'order-late'; readonly shards: number }
  /** An operator has so many recordings paused by the core that reaches no recorder: they are when it does again. */
  | { readonly step: 'order-unheard'; readonly recordings: number }
  /** It goes on, in a moment in which Redis does not answer. */
  | { readonly step: 'thaw-core' }
  /** The wall clock of the core of the first node is set, so far ahead of true time; it has to be loaded for that. */
  | { readonly step: 'set-clock'; readonly aheadMs: number }
  /** Whoever can is to do without the last node, or not any more. */
  | { readonly step: 'drain-node' | 'open-node' }
  /** Waits until nobody hands over shards any more. The time since the last node was drained or opened is a figure. */
  | { readonly step: 'await-shared'; readonly figure: string }
  /** Has every lease go back to who is to act first, and waits until that is so: how long it took is a figure. */
  | { readonly step: 'rebalance'; readonly figure?: string }
  /** What the core of the first node says does not come to the others (`out`), or what they say to it (`in`), or neither. */
  | { readonly step: 'cut'; readonly from: CutOff; readonly cut: 'out' | 'in' | 'both' }
  /** Nothing gets lost any more; waits until that core reaches everybody. */
  | { readonly step: 'join' }
  | StormStep
  /** So many ms after all calls have hung up, what counts as active still is a figure. */
  | { readonly step: 'count-active'; readonly afterMs: number; readonly figure: string };

/** The calls of the drill come one after the other, and go as the seed decides, while processes of both nodes are killed. */
export interface StormStep {
  readonly step: 'storm';
  readonly everyMs: number;
  readonly atOnceMax: number;
  readonly spokenMs: readonly [number, number];
}

/** From whom a core can be cut off. */
export type CutOff = 'redis' | 'recorders' | 'telephony';

/** What a figure must be: a number, or as much as another figure (`calls` that the fault befell, `streams` of all calls, …). */
export interface Goal {
  readonly figure: string;
  readonly atMost?: number | 'calls' | 'dnsToMove';
  readonly exactly?:
    | number
    | 'calls'
    | 'callsUp'
    | 'killsWanted'
    | 'callsLater'
    | 'streams'
    | 'packetsInjected'
    | 'staleOrdersGiven';
}

/** A fault that somebody might build in, switched on by `--plant` to show that the drill would find it. */
export interface Plant {
  readonly about: string;
  /** Name in planted-faults.ts, loaded into the processes of the node. */
  readonly fault?: string;
  /** Settings with which the promise cannot be kept. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Nobody watches the process manager. */
  readonly unwatched?: boolean;
}

interface CommonDrill {
  readonly name: string;
  readonly about: string;
  /** Settings of the nodes that differ from the defaults. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** How many calls are up when it happens, unless asked otherwise. */
  readonly calls: number;
  readonly goals: readonly Goal[];
  readonly plant: Plant;
}

/** Its goals are beside the {@link commonGoals}, which they replace where they name the same figure. */
export interface NodeDrill extends CommonDrill {
  readonly on?: 'node';
  /** The node's data lie on a disk of their own, of so many bytes. */
  readonly diskBytes?: number;
  /** A file of this folder that is loaded into the processes of the node, for a step that works from inside. */
  readonly loaded?: 'thrower';
  readonly steps: readonly NodeStep[];
}

/** Performed on several nodes with a core each, and calls of which a telephony server tells. Its goals are all its own. */
export interface ClusterDrill extends CommonDrill {
  readonly on: 'cluster';
  /** The nodes share a Redis of the drill's own, and facts are judged. */
  readonly redis?: 'server' | 'sentinel';
  /** How many; two unless said otherwise. */
  readonly nodes?: 2 | 3;
  /** Recorders are chosen by resource managers, one on each node. */
  readonly managed?: boolean;
  /** How many processes are killed, unless asked otherwise. */
  readonly kills?: number;
  /** What is left of it is verified by `twinreel verify`. */
  readonly verified?: boolean;
  /** Every call is asked for at a second recorder as well (`dest2`), and is recorded by both nodes. */
  readonly duplicated?: boolean;
  /** The first node is in a network of its own, so that its core can be cut off. */
  readonly network?: 'separate';
  /** A file of this folder that is loaded into the processes of the first node. */
  readonly loaded?: 'skewed-clock';
  readonly steps: readonly ClusterStep[];
}

export type Drill = NodeDrill | ClusterDrill;

/** What every drill has to leave behind. */
export const commonGoals: readonly Goal[] = [
  { figure: 'sendFailures', exactly: 0 },
  { figure: 'callsCutOff', exactly: 0 },
  { figure: 'byesRefused', exactly: 0 },
  { figure: 'reInvitesRefused', exactly: 0 },
  { figure: 'recordings', exactly: 'calls' },
  { figure: 'recordingsLater', exactly: 'callsLater' },
  { figure: 'packetsLostPerStreamMax', exactly: 0 },
  { figure: 'packetsNeverSent', exactly: 0 },
  { figure: 'pausedPacketsRecorded', exactly: 0 },
  { figure: 'packetsTwice', exactly: 0 },
  { figure: 'audioOffMsMax', atMost: 40 },
  { figure: 'toneMissingMsMax', exactly: 0 },
  { figure: 'streamsLeftActive', exactly: 0 },
];

/** The goals of a drill, its own first. */
export function goalsOf({ goals, on }: Drill): readonly Goal[] {
  if (on === 'cluster') return goals;
  const own = new Set(goals.map(({ figure }) => figure));
  return [...goals, ...commonGoals.filter(({ figure }) => !own.has(figure))];
}
