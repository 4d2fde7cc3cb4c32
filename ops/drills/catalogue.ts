// All drills.

import {
  clockSkew,
  coreKill,
  nodeKill,
  nodeKillDuplicate,
  partition,
  pauseProcess,
  rebalance,
  storm,
} from './cluster-catalogue.ts';
import type { Drill, NodeDrill } from './drill.ts';
import { redisFailover, redisFlush, redisKill } from './redis-catalogue.ts';

const recorderKill: NodeDrill = {
  name: 'recorder-kill',
  about: 'kill -9 the recorder under running calls: its successor takes over streams and dialogs',
  calls: 100,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [1_500, 2_500] },
    { step: 'kill', role: 'recorder' },
    { step: 'await-answer', figure: 'reattachedMs' },
    { step: 'wait', ms: 2_000 },
    { step: 'hang-up' },
  ],
  goals: [{ figure: 'reattachedMs', atMost: 2_000 }],
  plant: { about: 'the recorder reads nothing back from its journal', fault: 'recorder-forgets-its-journal' },
};

const captureKill: NodeDrill = {
  name: 'capture-kill',
  about: 'kill -9 capture under running calls: the keeper holds the sockets, the kernel what arrives',
  calls: 100,
  steps: [
    { step: 'read-large-journal', calls: 1_000, figure: 'journalOf1000CallsReadMs' },
    { step: 'place-calls' },
    { step: 'wait', ms: [2_000, 3_000] },
    { step: 'kill', role: 'capture' },
    { step: 'await-return', role: 'capture', figure: 'capturingAgainMs' },
    { step: 'read-torn-journal', figure: 'journalReadMs' },
    { step: 'wait', ms: 2_000 },
    { step: 'hang-up' },
  ],
  // A block that was not yet written holds at most one packet of a stream, which two windows of 20 ms may share.
  goals: [
    { figure: 'packetsLostPerStreamMax', atMost: 1 },
    { figure: 'journalReadMs', atMost: 2_000 },
    { figure: 'journalOf1000CallsReadMs', atMost: 2_000 },
    { figure: 'toneMissingMsMax', atMost: 40 },
  ],
  plant: { about: 'a capture that comes back knows nothing of its streams', fault: 'capture-forgets-its-streams' },
};

const managerKill: NodeDrill = {
  name: 'pm2-kill',
  about:
    'kill -9 the process manager: its processes run on, another one manages them, and brings back what is killed next',
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [1_500, 2_500] },
    { step: 'kill', role: 'pm2' },
    { step: 'await-managed', figure: 'managedAgainMs' },
    { step: 'await-answer', figure: 'answeringAgainMs' },
    { step: 'wait', ms: 1_000 },
    { step: 'kill', role: 'recorder' },
    { step: 'await-answer', figure: 'reattachedMs' },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'managedAgainMs', atMost: 10_000 },
    { figure: 'reattachedMs', atMost: 2_000 },
  ],
  plant: { about: 'nobody watches the process manager', unwatched: true },
};

const reload: NodeDrill = {
  name: 'reload',
  about: 'every process is replaced under running calls, one after the other; the keeper leaves its sockets to an heir',
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'reload', role: 'redis' },
    { step: 'reload', role: 'recorder' },
    { step: 'await-answer', figure: 'recorderReloadedMs' },
    { step: 'wait', ms: 1_000 },
    { step: 'reload', role: 'keeper' },
    { step: 'await-return', role: 'keeper', figure: 'keeperReloadedMs' },
    { step: 'await-return', role: 'capture', figure: 'captureReloadedMs' },
    { step: 'await-return', role: 'edge', figure: 'edgeReloadedMs' },
    { step: 'await-answer', figure: 'answeringAgainMs' },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'keeperReloadedMs', atMost: 10_000 },
    { figure: 'answeringAgainMs', atMost: 10_000 },
  ],
  plant: { about: 'the keeper leaves its heir nothing but the SIP socket', fault: 'keeper-leaves-no-streams' },
};

const throwing: NodeDrill = {
  name: 'throw',
  about:
    'an exception in every actor every 200 ms for 60 s: budgets are spent, the recorder ends and is started, again and again',
  loaded: 'thrower',
  calls: 100,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'throw', forMs: 60_000 },
    { step: 'await-answer', figure: 'reattachedMs' },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [{ figure: 'reattachedMs', atMost: 5_000 }],
  plant: { about: 'a session that crashes closes its streams', fault: 'crashed-session-closes-its-streams' },
};

const rtpInjection: NodeDrill = {
  name: 'rtp-injection',
  about: "a stranger's packets into running calls, made to look like the peer's next ones; then the peer itself moves",
  calls: 10,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [500, 1_500] },
    { step: 'inject', packetsPerStream: 249 },
    { step: 'move-media' },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'packetsQuarantined', exactly: 'packetsInjected' },
    { figure: 'streamsAudited', exactly: 'streams' },
  ],
  plant: { about: 'capture takes whatever comes to a port', fault: 'capture-takes-everything' },
};

const pause: NodeDrill = {
  name: 'pause',
  about:
    'recordings are paused while capture, recorder, edge, pm2 and at last the keeper are killed: what was said and pressed then is in no recording and on no disk',
  calls: 10,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [1_000, 2_000] },
    { step: 'press', digits: '12' },
    { step: 'wait', ms: 500 },
    { step: 'pause' },
    { step: 'wait', ms: 500 },
    { step: 'press', digits: '4929' },
    { step: 'kill', role: 'capture' },
    { step: 'await-return', role: 'capture', figure: 'capturingAgainMs' },
    { step: 'press', digits: '1234' },
    { step: 'wait', ms: 500 },
    { step: 'kill', role: 'recorder' },
    { step: 'await-return', role: 'recorder', figure: 'recorderBackMs' },
    { step: 'press', digits: '567' },
    { step: 'wait', ms: 1_500 },
    { step: 'kill', role: 'edge' },
    { step: 'await-return', role: 'edge', figure: 'edgeBackMs' },
    { step: 'kill', role: 'pm2' },
    { step: 'await-managed', figure: 'managedAgainMs' },
    { step: 'search-disk' },
    { step: 'resume' },
    { step: 'wait', ms: 1_000 },
    { step: 'search-disk' },
    { step: 'pause' },
    { step: 'wait', ms: 500 },
    { step: 'kill', role: 'keeper' },
    { step: 'await-return', role: 'keeper', figure: 'keeperBackMs' },
    { step: 'await-return', role: 'capture', figure: 'capturingAnewMs' },
    { step: 'wait', ms: 3_000 },
    { step: 'search-disk' },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'pausedPacketsOnDisk', exactly: 0 },
    { figure: 'pauseEffectiveMsMax', atMost: 100 },
    // A keeper takes the sockets of its node with it: the node may hang up.
    { figure: 'callsCutOff', atMost: 'calls' },
  ],
  plant: { about: 'a pause does not outlive the restart of capture', fault: 'pauses-are-forgotten' },
};

const edgeKill: NodeDrill = {
  name: 'edge-kill',
  about: 'kill -9 edge under running calls: its successor knows the dialogs, answers their re-INVITEs and BYEs',
  calls: 100,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [1_000, 2_000] },
    { step: 'kill', role: 'edge' },
    { step: 'await-return', role: 'edge', figure: 'edgeBackMs' },
    { step: 'await-answer', figure: 'answeringAgainMs' },
    { step: 'move-media' },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [],
  plant: { about: 'the edge reads nothing back from its journal', fault: 'edge-forgets-its-journal' },
};

const powerLoss: NodeDrill = {
  name: 'power-loss',
  about:
    'the power fails under running calls: what was not synced is gone; the node starts again and finishes what it has',
  diskBytes: 2 ** 30,
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [3_000, 4_000] },
    { step: 'cut-power' },
    { step: 'restore-power' },
    { step: 'wait', ms: 2_000 },
    { step: 'hang-up' },
  ],
  goals: [
    // 200 ms: a block waits at most for one sync that runs and one that follows.
    { figure: 'packetsLostPerStreamMax', atMost: 10 },
    { figure: 'audioOffMsMax', atMost: 240 },
    // Nobody listens any more where they send to: the node has hung up.
    { figure: 'callsCutOff', exactly: 'calls' },
    // Whatever was torn, every process comes up at its first attempt.
    { figure: 'processesEnded', exactly: 0 },
  ],
  plant: { about: 'the journal is synced only once a second', config: { capture: { syncMs: 1_000 } } },
};

const diskFull: NodeDrill = {
  name: 'disk-full',
  about:
    'a disk of 16 MiB fills up under running calls: they go on and are recorded, new ones get 503, until there is room again',
  diskBytes: 16 * 2 ** 20,
  config: { capture: { segmentBytesMax: 2 ** 20, reserveBytes: 4 * 2 ** 20 } },
  // As many as need more than memory and the segment already allocated can hold.
  calls: 8,
  steps: [
    { step: 'place-calls' },
    { step: 'wait', ms: [1_000, 2_000] },
    { step: 'fill-disk' },
    { step: 'wait', ms: 1_000 },
    { step: 'place-refused', calls: 3, figure: 'newCallsNotRefused' },
    // Longer than what was allocated before holds: the reserve has to be spent.
    { step: 'wait', ms: 15_000 },
    { step: 'heal-disk' },
    { step: 'await-answer', figure: 'answeringAgainMs' },
    { step: 'wait', ms: 1_000 },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'newCallsNotRefused', exactly: 0 },
    { figure: 'processesEnded', exactly: 0 },
    { figure: 'answeringAgainMs', atMost: 5_000 },
  ],
  plant: { about: 'no reserve is kept', config: { capture: { segmentBytesMax: 2 ** 20, reserveBytes: 0 } } },
};

/** Streams that are left for SIPp's calls of 1 s, one for each INVITE, beside those that the drill itself holds. */
const floodStreams = 60;

const flood: NodeDrill = {
  name: 'flood',
  about: `a node that takes ${floodStreams} INVITEs a second beside its calls gets twice as many; then strangers send ten times the calls' packets, bursts of 64 KiB, and connections that never come to the point`,
  config: { recorder: { streamsMax: 2 * 20 + 2 * 5 + 2 + floodStreams, lingerMs: 100 } },
  calls: 20,
  steps: [
    { step: 'place-calls' },
    { step: 'serve', invitesPerSecond: 0.9 * floodStreams, forMs: 8_000 },
    { step: 'watch-memory' },
    { step: 'flood-calls', invitesPerSecond: 2 * floodStreams, forMs: 8_000 },
    { step: 'flood-packets', times: 10, forMs: 5_000 },
    { step: 'flood-datagrams', forMs: 3_000 },
    { step: 'flood-connections', forMs: 6_000 },
    { step: 'await-answer', figure: 'answeringAgainMs' },
    { step: 'hang-up' },
  ],
  goals: [
    { figure: 'floodCallsFailed', exactly: 0 },
    { figure: 'floodRefusalMsP99', atMost: 50 },
    { figure: 'floodRecoveryMs', atMost: 2_000 },
    { figure: 'quarantinedPerStreamMax', atMost: 512 },
    { figure: 'tcpRequestsUnanswered', exactly: 0 },
    { figure: 'memoryGrowth', atMost: 1.25 },
    { figure: 'processesEnded', exactly: 0 },
  ],
  plant: { about: 'the quarantine of a stream has no bound', fault: 'quarantine-without-bound' },
};

export const catalogue: readonly Drill[] = [
  captureKill,
  recorderKill,
  edgeKill,
  managerKill,
  reload,
  throwing,
  pause,
  rtpInjection,
  powerLoss,
  diskFull,
  flood,
  nodeKill,
  nodeKillDuplicate,
  coreKill,
  pauseProcess,
  clockSkew,
  rebalance,
  redisKill,
  redisFlush,
  redisFailover,
  partition,
  storm,
];
