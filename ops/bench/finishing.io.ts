// Whether a recorder finishes as many recordings as end: short recorded calls at an even rate, for as long as is wanted, and every
// second how many have ended and wait to be finished. No media is sent: what a recording costs besides its packets.

import { systemClock } from '#src/ports';
import type { BenchOptions, Figures, Goal } from './bench.ts';
import { startNode } from './node.io.ts';
import { measureCpu } from './process-usage.io.ts';
import { placePairs } from './sipp.io.ts';
import { type CallsSeen, figuresOf } from './sipp-statistics.ts';

/** A little more than the 100 that are wanted: no more can be finished than are placed. */
const callsPerSecond = 102;
const callMs = 500;
const warmCalls = 200;
/** Calls that are up, or that linger. */
const callsAtOnceMax = 400;
const lookMs = 250;
const looksPerLine = 40;
/** After the last call, for the rest to be finished. */
const drainMsMax = 30_000;

export const finishingGoals: readonly Goal[] = [
  { figure: 'finishingRefused', atMost: 0 },
  { figure: 'finishingFailed', atMost: 0 },
  { figure: 'finishingPerSecond', atLeast: 100 },
  // Those of a second are gathered, those of another are in hand.
  { figure: 'finishingBacklogMax', atMost: 5 * callsPerSecond },
  { figure: 'finishingUnfinished', atMost: 0 },
];

/** What is seen of the recorder at one time. */
interface Sight {
  readonly atMs: number;
  readonly finished: number;
  readonly backlog: number;
  /** Of calls that run, linger or are not finished yet. */
  readonly sessions: number;
}

export async function finishing({ seconds, say }: Pick<BenchOptions, 'seconds' | 'say'>): Promise<Figures> {
  const node = await startNode({ recorder: 'with', calls: callsAtOnceMax });
  try {
    const target = node.card.sip!;
    const look = async (): Promise<Sight> => {
      const { finished = 0, backlog = 0, sessions = 0 } = await node.report();
      return { atMs: systemClock.monotonicMs(), finished, backlog, sessions };
    };
    /** Places calls, and looks until all that began is over. */
    const place = async (name: string, calls: number, rate: number): Promise<[CallsSeen, readonly Sight[]]> => {
      let placedAtMs = Number.POSITIVE_INFINITY;
      const placing = placePairs({ name, target, calls, callsPerSecond: rate, callMs }).then((seen) => {
        placedAtMs = systemClock.monotonicMs();
        return seen;
      });
      const isOver = ({ sessions, atMs }: Sight) =>
        atMs > placedAtMs + drainMsMax || (atMs > placedAtMs && sessions === 0);
      return Promise.all([placing, watch(look, isOver, say)]);
    };
    await place('WARM', warmCalls, callsPerSecond / 2);
    const calls = callsPerSecond * seconds;
    say(`finishing: ${callsPerSecond} calls/s of ${callMs} ms, ${calls} in all`);
    const recorderCpu = measureCpu(node.recorderPid!);
    const [seen, sights] = await place('BENCH', calls, callsPerSecond);
    return {
      finishingPerSecond: rateOf(sights),
      finishingBacklogMax: backlogMax(sights),
      finishingBacklogMaxOfFirstHalf: backlogMax(sights.slice(0, sights.length / 2)),
      finishingBacklogMaxOfSecondHalf: backlogMax(sights.slice(sights.length / 2)),
      finishingUnfinished: sights.at(-1)!.sessions,
      finishingRecorderCpuPercent: recorderCpu(),
      ...figuresOf('finishing', seen),
    };
  } finally {
    await node.stop();
  }
}

/** Looks again and again, until it is over. */
async function watch(
  look: () => Promise<Sight>,
  isOver: (sight: Sight) => boolean,
  say: BenchOptions['say'],
): Promise<readonly Sight[]> {
  const sights: Sight[] = [];
  for (;;) {
    const sight = await look();
    sights.push(sight);
    if (isOver(sight)) return sights;
    if (sights.length % looksPerLine === 0) say(`  ${sight.backlog} wait, ${sight.finished} are finished`);
    await new Promise<void>((wake) => systemClock.after(lookMs, wake));
  }
}

/** Recordings per second, from the first batch that was seen finished to the last. */
function rateOf(sights: readonly Sight[]): number {
  const [before, last] = [sights[0]!, sights.at(-1)!];
  const first = sights.find(({ finished }) => finished > before.finished)!;
  const end = sights.find(({ finished }) => finished === last.finished)!;
  const seconds = (end.atMs - first.atMs) / 1_000;
  return Math.round(((end.finished - first.finished) / seconds) * 10) / 10;
}

function backlogMax(sights: readonly Sight[]): number {
  return Math.max(...sights.map(({ backlog }) => backlog));
}
