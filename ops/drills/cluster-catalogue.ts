// Drills on a cluster.

import type { ClusterDrill, ClusterStep, CutOff, Goal } from './drill.ts';

/** What consolidation and merging have to make of it. */
const oneConversationEach: readonly Goal[] = [
  { figure: 'conversations', exactly: 'calls' },
  { figure: 'conversationsTooMany', exactly: 0 },
  { figure: 'conversationsRunning', exactly: 0 },
  { figure: 'mergedPacketsTwice', exactly: 0 },
  { figure: 'mergedPacketsNeverSent', exactly: 0 },
];

/** What `twinreel verify` has to say of it. */
const verifiedOnce: readonly Goal[] = [
  { figure: 'conversationsInReplay', exactly: 'calls' },
  { figure: 'verifyFindings', exactly: 0 },
  { figure: 'verifySkipped', exactly: 0 },
];

export const nodeKill: ClusterDrill = {
  name: 'node-kill',
  about:
    'kill -9 of keeper, its children and recorder of the node that records: the calls go on on another node, each one conversation, and what was paused stays so',
  on: 'cluster',
  verified: true,
  calls: 50,
  steps: [
    { step: 'serve-elsewhere', calls: 40 },
    { step: 'place-calls' },
    { step: 'wait', ms: [1_500, 2_500] },
    { step: 'pause' },
    { step: 'wait', ms: 500 },
    { step: 'kill-node' },
    { step: 'wait', ms: 2_000 },
    { step: 'bring-back-node' },
    { step: 'wait', ms: 3_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'againMsP50', atMost: 400 },
    { figure: 'againMsP99', atMost: 1_500 },
    { figure: 'pausedPacketsRecorded', exactly: 0 },
    { figure: 'couples', exactly: 'calls' },
    { figure: 'couplesOfTwoTakes', exactly: 'callsUp' },
    { figure: 'packetsLostPerStreamMax', exactly: 0 },
    { figure: 'packetsTwice', exactly: 0 },
    ...oneConversationEach,
    { figure: 'gapsNotAsSent', exactly: 0 },
    ...verifiedOnce,
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'cores do not ask again', config: { core: { detectRecorderPing: 'off' } } },
};

export const nodeKillDuplicate: ClusterDrill = {
  ...nodeKill,
  name: 'node-kill --duplicate',
  about: 'the same where each call is recorded by two nodes: together they have every packet',
  duplicated: true,
  // Both nodes record all calls anyway.
  steps: nodeKill.steps.filter(({ step }) => step !== 'serve-elsewhere'),
  goals: [
    { figure: 'mergedPacketsLost', exactly: 0 },
    { figure: 'couples', exactly: 'calls' },
    { figure: 'couplesOfTwoTakes', exactly: 'calls' },
    ...oneConversationEach,
    { figure: 'gapsNotAsSent', exactly: 0 },
    ...verifiedOnce,
    { figure: 'pausedPacketsRecorded', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'nobody asks for the second copy', config: { core: { tenantDefaults: { dest: 'sip:FIRST' } } } },
};

export const storm: ClusterDrill = {
  name: 'storm',
  about:
    'a hundred kill -9 of edges, captures, recorders, keepers, cores and resource managers of two nodes, and of Redis, while a thousand calls come and go',
  on: 'cluster',
  managed: true,
  verified: true,
  calls: 1_000,
  kills: 100,
  steps: [
    { step: 'storm', everyMs: 160, atOnceMax: 60, spokenMs: [1_500, 9_000] },
    { step: 'count-active', afterMs: 5_000, figure: 'activeAfter5s' },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'kills', exactly: 'killsWanted' },
    { figure: 'recordingsLost', exactly: 0 },
    { figure: 'activeAfter5s', exactly: 0 },
    // A core that was killed has told of calls that were over, and forgotten them: replay is asked, not what cores know now.
    ...verifiedOnce,
    { figure: 'mergedPacketsTwice', exactly: 0 },
    { figure: 'mergedPacketsNeverSent', exactly: 0 },
    { figure: 'gapsNotAsSent', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'the recorder reads nothing back from its journal', fault: 'recorder-forgets-its-journal' },
};

export const coreKill: ClusterDrill = {
  name: 'core-kill',
  about: 'kill -9 of one of two cores while calls arrive: its twin has them recorded, and no couple is lost',
  on: 'cluster',
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: 500 },
    { step: 'kill-core' },
    { step: 'place-one-by-one', calls: 100, everyMs: 30 },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'firstPacketMsP99', atMost: 600 },
    { figure: 'shardsReownedMsP99', atMost: 2_000 },
    { figure: 'couples', exactly: 'calls' },
    { figure: 'packetsLostPerStreamMax', exactly: 0 },
    { figure: 'packetsTwice', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'who stands by waits ten seconds', config: { core: { twinWaitMs: 10_000 } } },
};

export const pauseProcess: ClusterDrill = {
  name: 'pause-process',
  about:
    'SIGSTOP to a core that acts for shards, for more than two lives of a lease, while calls arrive: its twin acts, and no recorder obeys what it orders when it goes on',
  on: 'cluster',
  // Links outlive the stop: nothing but the numbers of leases stands between the recorders and the core of yesterday.
  config: { links: { missedMax: 60 } },
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'freeze-core' },
    { step: 'place-one-by-one', calls: 40, everyMs: 50 },
    { step: 'wait', ms: 500 },
    { step: 'order-late', shards: 4 },
    { step: 'thaw-core' },
    { step: 'place-one-by-one', calls: 20, everyMs: 50 },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'staleOrdersRefused', exactly: 'staleOrdersGiven' },
    { figure: 'staleOrdersObeyed', exactly: 0 },
    { figure: 'ordersLost', exactly: 0 },
    { figure: 'shardsReownedMsP99', atMost: 2_000 },
    { figure: 'firstPacketMsP99', atMost: 600 },
    { figure: 'couples', exactly: 'calls' },
    { figure: 'pausedPacketsRecorded', exactly: 0 },
    { figure: 'packetsLostPerStreamMax', exactly: 0 },
    { figure: 'packetsTwice', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'a recorder obeys whoever orders', fault: 'recorder-obeys-everybody' },
};

export const clockSkew: ClusterDrill = {
  name: 'clock-skew',
  about:
    'the wall clock of one of two cores is set 30 s ahead, and 30 s back while it stands still, under calls: both name them alike, and nobody acts under a lease that has run out',
  on: 'cluster',
  loaded: 'skewed-clock',
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'set-clock', aheadMs: 30_000 },
    { step: 'place-one-by-one', calls: 30, everyMs: 50 },
    { step: 'wait', ms: 1_500 },
    { step: 'freeze-core' },
    { step: 'set-clock', aheadMs: -30_000 },
    { step: 'place-one-by-one', calls: 30, everyMs: 50 },
    { step: 'wait', ms: 1_000 },
    { step: 'thaw-core' },
    { step: 'wait', ms: 1_500 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'couples', exactly: 'calls' },
    { figure: 'callsNamedAlike', exactly: 'calls' },
    { figure: 'shardsReownedMsP99', atMost: 2_000 },
    // A twin that is slower than 300 ms to see a recording asks for it; who believes to act asks for all of them.
    { figure: 'requestsDoubled', atMost: 5 },
    { figure: 'firstPacketMsP99', atMost: 600 },
    { figure: 'packetsLostPerStreamMax', exactly: 0 },
    { figure: 'packetsTwice', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'durations are measured by the wall clock', fault: 'durations-by-wall-clock' },
};

export const rebalance: ClusterDrill = {
  name: 'rebalance',
  about:
    'one of three nodes is drained and opened again, and leases are rebalanced, under calls: what it held moves and nothing else, and two cores watch every DN all the time',
  on: 'cluster',
  nodes: 3,
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'drain-node' },
    { step: 'place-one-by-one', calls: 30, everyMs: 50 },
    { step: 'await-shared', figure: 'drainedMs' },
    { step: 'wait', ms: 500 },
    { step: 'open-node' },
    { step: 'place-one-by-one', calls: 30, everyMs: 50 },
    { step: 'await-shared', figure: 'openedMs' },
    { step: 'rebalance', figure: 'rebalancedMs' },
    { step: 'place-one-by-one', calls: 20, everyMs: 50 },
    { step: 'wait', ms: 500 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'dnsWatchedByFew', exactly: 0 },
    { figure: 'dnsRegistered', atMost: 'dnsToMove' },
    { figure: 'requestsDoubled', atMost: 10 },
    { figure: 'firstPacketMsP99', atMost: 600 },
    { figure: 'couples', exactly: 'calls' },
    { figure: 'packetsLostPerStreamMax', exactly: 0 },
    { figure: 'packetsTwice', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'a core says that it watches what it has yet to ask for', fault: 'watched-before-it-is' },
};

/** A core that acts is cut off while calls arrive, for longer than any lease, and reaches everybody again. */
function cutOff(
  from: CutOff,
  cut: 'out' | 'in' | 'both',
  between: readonly ClusterStep[] = [],
): readonly ClusterStep[] {
  return [
    { step: 'cut', from, cut },
    { step: 'place-one-by-one', calls: 10, everyMs: 50 },
    { step: 'wait', ms: 1_500 },
    ...between,
    { step: 'wait', ms: 1_500 },
    { step: 'join' },
    { step: 'rebalance' },
  ];
}

export const partition: ClusterDrill = {
  name: 'partition',
  about:
    'one of two cores is cut off from Redis, then from recorders, then from the telephony server, in each direction and in both, while calls arrive; needs root',
  on: 'cluster',
  network: 'separate',
  calls: 20,
  steps: [
    { step: 'place-calls' },
    ...cutOff('redis', 'out'),
    ...cutOff('redis', 'in'),
    ...cutOff('redis', 'both', [{ step: 'order-late', shards: 3 }]),
    ...cutOff('recorders', 'out'),
    ...cutOff('recorders', 'in'),
    ...cutOff('recorders', 'both', [{ step: 'order-unheard', recordings: 2 }]),
    ...cutOff('telephony', 'out'),
    ...cutOff('telephony', 'in'),
    ...cutOff('telephony', 'both'),
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'staleOrdersRefused', exactly: 'staleOrdersGiven' },
    { figure: 'staleOrdersObeyed', exactly: 0 },
    { figure: 'ordersLost', exactly: 0 },
    { figure: 'firstPacketMsP99', atMost: 1_500 },
    { figure: 'couples', exactly: 'calls' },
    { figure: 'pausedPacketsRecorded', exactly: 0 },
    { figure: 'packetsLostPerStreamMax', exactly: 0 },
    { figure: 'packetsTwice', exactly: 0 },
    { figure: 'packetsNeverSent', exactly: 0 },
    { figure: 'sendFailures', exactly: 0 },
  ],
  plant: { about: 'a recorder obeys whoever orders', fault: 'recorder-obeys-everybody' },
};
