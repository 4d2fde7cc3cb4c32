// Performs a drill: brings a node up, does the steps in order under running calls, tells what happens, and takes the figures.
// Never leaves a process or a file behind, however it ends.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from '#src/errors';
import { loadPrivateKey, SegmentReader, segmentsOf } from '#src/journal';
import { captureWriter } from '#src/media/capture';
import { type Random, seededRandom, systemClock } from '#src/ports';
import { floodWithCalls, placeInvites } from './call-flood.io.ts';
import { performOnCluster } from './cluster-drill.io.ts';
import { searchDisk } from './disk-search.io.ts';
import type { Drill, Figures, NodeStep, Role } from './drill.ts';
import { DrilledNode, until } from './drilled-node.io.ts';
import { floodFromOutside } from './flooder.io.ts';
import { judge, recordingsById } from './judge.io.ts';
import { readLargeJournal } from './large-journal.io.ts';
import { Load } from './load.io.ts';
import { MemoryWatch } from './memory-watch.io.ts';
import { floodWithPackets, openPlaces } from './packet-flood.io.ts';
import { inject } from './stranger.io.ts';
import type { Mark, TimelineEvent } from './timeline.ts';
import { Watch } from './watch.io.ts';

export interface PerformOptions {
  readonly seed: number;
  /** Instead of the drill's own number. */
  readonly calls?: number | undefined;
  /** How long calls arrive in all, instead of the drill's own time. */
  readonly seconds?: number | undefined;
  /** How many processes a storm kills, instead of the drill's own number. */
  readonly kills?: number | undefined;
  /** With the drill's fault built in. */
  readonly planted: boolean;
  readonly onEvent: (event: TimelineEvent) => void;
  /** Aborting ends the drill early; the node is ended all the same. */
  readonly signal: AbortSignal;
}

type FloodStep = Extract<NodeStep, { readonly step: 'serve' | 'watch-memory' | `flood-${string}` }>;

const awaitMsMax = 20_000;
const finishMsMax = 120_000;
const idleMsMax = 5_000;
/** After the last call nothing may be active for longer. */
const activeMsMax = 5_000;

/** Performs the drill; resolves with its figures. Rejects with `drill-impossible` when a step cannot be done. */
export async function perform(drill: Drill, options: PerformOptions): Promise<Figures> {
  if (drill.on === 'cluster') return performOnCluster(drill, options);
  const { loaded, config, diskBytes } = drill;
  const node = await DrilledNode.start({ plant: options.planted ? drill.plant : undefined, loaded, config, diskBytes });
  const random = seededRandom(options.seed);
  try {
    const load = await Load.open({ recorder: node.sip, random });
    const performance = new Performance(node, load, options.calls ?? drill.calls, random, options.onEvent);
    try {
      return await Promise.race([performance.all(drill.steps), abortOf(options.signal)]);
    } finally {
      performance.close();
      await load.close();
    }
  } finally {
    await node.end();
  }
}

/** Rejects when the signal aborts. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}

class Performance {
  readonly #node: DrilledNode;
  readonly #load: Load;
  readonly #calls: number;
  readonly #random: Random;
  readonly #onEvent: (event: TimelineEvent) => void;
  readonly #startedMs = systemClock.monotonicMs();
  readonly #watch: Watch;
  readonly #taken: Record<string, number> = {};
  /** Processes by role before the last fault, and when it was. */
  #fault: { readonly atMs: number; readonly pids: ReadonlyMap<Role, number> } | undefined;
  /** Ends that were ordered: they stand in the line of the order. */
  readonly #ordered = new Set<number>();
  #unordered = 0;
  #memory: MemoryWatch | undefined;

  constructor(node: DrilledNode, load: Load, calls: number, random: Random, onEvent: (event: TimelineEvent) => void) {
    this.#node = node;
    this.#load = load;
    this.#calls = calls;
    this.#random = random;
    this.#onEvent = onEvent;
    this.#watch = new Watch(node, ({ role, mark }) => {
      if (mark.mark === 'ended' && this.#ordered.delete(mark.pid)) return;
      if (mark.mark === 'ended') this.#unordered += 1;
      this.#tell(`${role} ${mark.mark === 'begun' ? 'runs' : 'has ended'}`, role, mark);
    });
  }

  close(): void {
    this.#watch.close();
    this.#memory?.close();
  }

  /** Does the steps in order and takes the figures. */
  async all(steps: readonly NodeStep[]): Promise<Figures> {
    for (const step of steps) await this.#do(step);
    return this.#figures();
  }

  async #do(step: NodeStep): Promise<void> {
    switch (step.step) {
      case 'place-calls':
        await this.#load.place(this.#calls);
        this.#tell(`${this.#load.calls.length} calls are up`);
        return;
      case 'wait':
        await this.#wait(step.ms);
        return;
      case 'kill':
        await this.#signal(step.role, 'SIGKILL', `kill -9 ${step.role}`);
        // With the keeper go the sockets that calls send to.
        if (step.role === 'keeper') this.#load.markEnd();
        return;
      case 'freeze':
        await this.#signal(step.role, 'SIGSTOP', `SIGSTOP to ${step.role}`);
        return;
      case 'thaw':
        await this.#signal(step.role, 'SIGCONT', `SIGCONT to ${step.role}`);
        return;
      case 'reload':
        this.#fault = { atMs: systemClock.monotonicMs(), pids: await this.#node.pids() };
        this.#tell(`reload ${step.role}`);
        await this.#node.reload(step.role);
        return;
      case 'throw':
        await this.#node.letThrow(true);
        this.#tell('every actor throws');
        await this.#wait(step.forMs);
        await this.#node.letThrow(false);
        this.#fault = { atMs: systemClock.monotonicMs(), pids: await this.#node.pids() };
        this.#tell('no actor throws any more');
        return;
      case 'await-return': {
        const before = this.#fault?.pids.get(step.role);
        const another = async () => {
          const pid = (await this.#node.pids()).get(step.role);
          return pid === before ? undefined : pid;
        };
        await this.#await(step.figure, `${step.role} is back`, () =>
          until(`another ${step.role}`, another, awaitMsMax),
        );
        return;
      }
      case 'await-answer':
        await this.#await(step.figure, 'a new call is answered', () => this.#load.placeUntilAnswered(awaitMsMax));
        return;
      case 'await-managed': {
        const managed = async () => (await this.#node.isManaged()) || undefined;
        await this.#await(step.figure, 'every process is managed', () =>
          until('pm2 to manage every process', managed, awaitMsMax),
        );
        return;
      }
      case 'inject':
        this.#taken['packetsInjected'] = await inject(this.#load.calls, step.packetsPerStream);
        this.#tell(`a stranger has sent ${step.packetsPerStream} packets to each stream`);
        return;
      case 'fill-disk':
        this.#tell(`the disk is full: ${await this.#node.disk.fill()} bytes were free`);
        return;
      case 'heal-disk':
        await this.#node.disk.heal();
        this.#fault = { atMs: systemClock.monotonicMs(), pids: await this.#node.pids() };
        this.#tell('the disk has room again');
        return;
      case 'place-refused':
        this.#taken[step.figure] = await this.#load.placeRefused(step.calls);
        this.#tell(`of ${step.calls} new calls ${step.calls - this.#taken[step.figure]!} were refused with 503`);
        return;
      case 'cut-power':
        for (const pid of (await this.#node.pids()).values()) this.#ordered.add(pid);
        this.#load.markEnd();
        await this.#node.cutPower();
        this.#fault = { atMs: systemClock.monotonicMs(), pids: new Map() };
        this.#tell('the power has failed');
        return;
      case 'restore-power':
        await this.#node.restorePower();
        this.#tell('the power is back, the node takes calls');
        return;
      case 'press':
        this.#load.press(step.digits);
        this.#tell(`all but the first call press ${step.digits}`);
        return;
      case 'pause':
      case 'resume':
        await this.#load.markPause(step.step, (recording) => this.#node.command(step.step, recording));
        this.#tell(step.step === 'pause' ? 'all recordings are paused' : 'all recordings go on');
        return;
      case 'search-disk': {
        const { paused, spoken } = await searchDisk(this.#load, this.#node.layout);
        this.#taken['pausedPacketsOnDisk'] = Math.max(this.#taken['pausedPacketsOnDisk'] ?? 0, paused);
        this.#taken['spokenPacketsOnDisk'] = spoken;
        this.#tell(`of what was said in a pause ${paused} packets are on the disk, of the rest ${spoken}`);
        return;
      }
      case 'serve':
      case 'watch-memory':
      case 'flood-calls':
      case 'flood-packets':
      case 'flood-datagrams':
      case 'flood-connections':
        return this.#flood(step);
      case 'move-media':
        await this.#load.moveMedia();
        this.#tell('the media of all calls has moved to other ports');
        return;
      case 'read-torn-journal':
        await this.#readTornJournal(step.figure);
        return;
      case 'read-large-journal':
        await this.#readLargeJournal(step.calls, step.figure);
        return;
      case 'hang-up':
        await this.#hangUp();
        return;
    }
  }

  async #flood(step: FloodStep): Promise<void> {
    const { sip, folder } = this.#node;
    switch (step.step) {
      case 'serve': {
        const { succeeded, refused, failed } = await placeInvites({ ...step, target: sip, name: 'serve' });
        return this.#tell(`of calls it can take it took ${succeeded}, and not ${refused + failed}`);
      }
      case 'watch-memory':
        this.#memory = await MemoryWatch.begin(this.#node);
        return this.#tell(`its processes have ${this.#memory.figures['memoryBeforeMiB']} MiB`);
      case 'flood-calls':
        return this.#flooded(await floodWithCalls({ ...step, target: sip, name: 'flood' }, this.#load));
      case 'flood-packets':
        return this.#flooded(await floodWithPackets(this.#load, folder, step.times, step.forMs));
      case 'flood-datagrams':
        return this.#flooded(
          await floodFromOutside({ flood: 'datagrams', sip, rtp: openPlaces(this.#load), forMs: step.forMs }),
        );
      case 'flood-connections':
        return this.#flooded(await floodFromOutside({ flood: 'connections', sip, forMs: step.forMs }));
    }
  }

  #flooded(figures: Figures): void {
    Object.assign(this.#taken, figures, this.#memory?.figures);
    const text = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
    this.#tell(`flooded: ${text.join(', ')}; memory grew ${this.#taken['memoryGrowth']} times`);
  }

  async #figures(): Promise<Figures> {
    this.#watch.close();
    Object.assign(this.#taken, this.#memory?.figures);
    const judged = await judge(this.#load, this.#node.layout);
    const { sendFailures, cutOff, byesRefused, reInvitesRefused } = this.#load;
    return {
      ...this.#taken,
      ...judged,
      sendFailures,
      callsCutOff: cutOff,
      byesRefused,
      reInvitesRefused,
      processesEnded: this.#unordered,
    };
  }

  async #signal(role: Role, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT', text: string): Promise<void> {
    const pids = await this.#node.pids();
    if (signal === 'SIGKILL') this.#ordered.add(pids.get(role) ?? 0);
    const pid = await this.#node.signal(role, signal);
    this.#fault = { atMs: systemClock.monotonicMs(), pids };
    const marks = {
      SIGKILL: { mark: 'ended', pid },
      SIGSTOP: { mark: 'frozen' },
      SIGCONT: { mark: 'thawed' },
    } as const;
    this.#tell(text, role, marks[signal]);
  }

  /** What does not come leaves its figure out, and so misses its goal; the drill goes on. */
  async #await(figure: string, text: string, wait: () => Promise<unknown>): Promise<void> {
    try {
      await wait();
    } catch (error) {
      if (codeOf(error) !== 'drill-impossible') throw error;
      this.#tell(messageOf(error));
      return;
    }
    const ms = Math.round(systemClock.monotonicMs() - (this.#fault?.atMs ?? this.#startedMs));
    this.#taken[figure] = ms;
    this.#tell(`${text}, ${ms} ms after the fault`);
  }

  /** Of the segment that the killed process left, as it left it: how long it takes to read it, keys included. */
  async #readTornJournal(figure: string): Promise<void> {
    const { captureJournalDir, keysDir } = this.#node.layout;
    const segments = segmentsOf({ folder: captureJournalDir, writer: captureWriter });
    const torn = segments.at(-2);
    if (torn === undefined) return;
    const privateKey = await loadPrivateKey(join(keysDir, 'journal-private.pem'));
    const startedMs = systemClock.monotonicMs();
    const reader = await SegmentReader.open(join(captureJournalDir, torn), { privateKey });
    let records = 0;
    for (let block = await reader.next(); block; block = await reader.next()) records += block.records.length;
    this.#taken[figure] = Math.round(systemClock.monotonicMs() - startedMs);
    const { reason } = await reader.report();
    await reader.close();
    this.#tell(`the torn journal is read: ${records} records, its end: ${reason}`);
  }

  async #readLargeJournal(calls: number, figure: string): Promise<void> {
    const folder = join(this.#node.folder, 'large-journal');
    const { ms, packets, bytes } = await readLargeJournal(folder, this.#node.layout.keysDir, calls);
    await rm(folder, { recursive: true });
    this.#taken[figure] = ms;
    this.#tell(`a torn segment of ${calls} calls is read in ${ms} ms: ${packets} packets, ${bytes} bytes`);
  }

  async #hangUp(): Promise<void> {
    await this.#load.hangUp();
    const endedMs = systemClock.monotonicMs();
    this.#tell(`${this.#load.calls.length} calls have hung up`);
    const ids = this.#load.calls.map(({ recordId }) => recordId);
    const missing = async () => {
      const found = await recordingsById(this.#node.layout);
      return ids.filter((id) => !found.has(id)).length;
    };
    let left = await missing();
    let workedMs = endedMs;
    while (left > 0 && systemClock.monotonicMs() - workedMs < idleMsMax) {
      await this.#wait(100);
      // Whoever still has sessions works on them; a recorder that is away is given as much time as an idle one.
      if ((await this.#node.report())?.['sessions'] && systemClock.monotonicMs() - endedMs < finishMsMax) {
        workedMs = systemClock.monotonicMs();
      }
      left = await missing();
    }
    this.#taken['finishedMs'] = Math.round(systemClock.monotonicMs() - endedMs);
    this.#tell(left === 0 ? 'all recordings are finished' : `${left} recordings are not there`);
    const streamsActive = async () => {
      const streams = (await this.#node.report())?.['streams'];
      return streams === 0 || systemClock.monotonicMs() - endedMs > activeMsMax ? (streams ?? this.#calls) : undefined;
    };
    this.#taken['streamsLeftActive'] = await until('the recorder to let go', streamsActive, awaitMsMax);
  }

  #wait(ms: number | readonly [number, number]): Promise<void> {
    const [from, to] = typeof ms === 'number' ? [ms, ms] : ms;
    return new Promise((resolve) => systemClock.after(from + this.#random.fraction() * (to - from), resolve));
  }

  #tell(text: string, role?: Role, mark?: Mark): void {
    const atMs = systemClock.monotonicMs() - this.#startedMs;
    this.#onEvent({ atMs, text, ...(role && mark && { marks: { [role]: mark } }) });
  }
}
