// Capture: streams in, blocks out. Reads the sockets of all streams into one journal, stops paused packets before it,
// counts. Knows no SIP, no Redis and no business words, and whoever commands it may come and go: streams run on.

import { isIP } from 'node:net';
import { TwinreelError } from '#src/errors';
import { Journal, type JournalAlarm, type JournalOptions } from '#src/journal';
import type { SrtpKey } from '#src/media/srtp';
import { type Clock, type Random, systemClock, systemRandom, type Timer } from '#src/ports';
import type { ControlEvent, ControlRequest, Peer, ResultOf } from './control.schema.ts';
import { NodeReceiver } from './node-receiver.io.ts';
import type { Receiver } from './receiver.ts';
import { RunningStream } from './running-stream.io.ts';
import { ownSeat, type Seat } from './seat.io.ts';
import { SharedSockets } from './shared-sockets.io.ts';
import type { SocketLease, SocketSource } from './sockets.ts';
import type { StreamFacts } from './stream.ts';

export interface CaptureOptions {
  readonly journal: Pick<JournalOptions, 'folder' | 'publicKey'> & Partial<JournalOptions>;
  readonly sockets: SocketSource;
  /** Whether streams of peers whose address is signalled share sockets; `own` when left out. */
  readonly sharing?: 'own' | 'shared';
  /** How sockets are read; by Node alone when left out. */
  readonly receiver?: (journal: Journal, clock: Clock) => Receiver;
  readonly streamsMax: number;
  /** Least time between two `counters` events. */
  readonly quietMs: number;
  readonly onEvent?: (event: ControlEvent) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Writer's name of capture's journal. */
export const captureWriter = 'capture';

type ListRequest = Pick<Extract<ControlRequest, { request: 'list' }>, 'after' | 'most'>;
type OpenRequest = Omit<Extract<ControlRequest, { request: 'open' }>, 'id' | 'request'>;

/** A stream whose sockets are being asked for; a pause or resume that comes meanwhile decides how it begins. */
interface Opening {
  gate: StreamFacts['gate'];
  readonly opened: Promise<ResultOf<'open'>>;
}

const lookMs = 100;

export class Capture {
  readonly #options: CaptureOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #receiver: Receiver;
  readonly #shared: SharedSockets;
  readonly #streams = new Map<string, RunningStream>();
  readonly #opening = new Map<string, Opening>();
  // Closed, but their last records may still wait for a block, which may come to stand in a segment that must name them.
  readonly #leaving = new Set<RunningStream>();
  // What was answered to a close, for a client that asks again; bounded by streamsMax.
  readonly #closed = new Map<string, ResultOf<'close'>>();
  readonly #closing = new Map<string, Promise<ResultOf<'close'>>>();
  /** Of the streams, those that are being closed: their place is free. */
  #ending = 0;
  #lastNumber = 0;
  #segment: { readonly name: string; readonly sinceMs: number };
  #ended = { packets: 0, bytes: 0, lost: 0, paused: 0, malformed: 0 };
  #lookTimer: Timer;
  #quietTimer: Timer;

  /** Begins a segment of its own; throws TwinreelError `journal-write-failed`. */
  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    const { journal, quietMs } = options;
    const onSegment = () => this.#introduceStreams();
    const onAlarm = (alarm: JournalAlarm) => this.#alarm(alarm);
    this.#journal = new Journal({ ...journal, writer: captureWriter, clock: this.#clock, onSegment, onAlarm });
    this.#segment = { name: this.#journal.position.segment, sinceMs: this.#clock.nowMs() };
    this.#receiver = options.receiver?.(this.#journal, this.#clock) ?? new NodeReceiver(this.#clock);
    this.#shared = new SharedSockets({
      sockets: options.sockets,
      receiver: this.#receiver,
      onUnclaimed: ({ address, port }, rtpPort) => {
        const message = `port ${rtpPort}: packets of ${address}:${port}, which is no stream's peer, are dropped`;
        options.onEvent?.({ event: 'alarm', alarm: 'unclaimed-packets', message });
      },
    });
    this.#lookTimer = this.#clock.after(lookMs, () => this.#lookAtStreams());
    this.#quietTimer = this.#clock.after(quietMs, () => this.#reportCounters());
  }

  get incarnation(): string {
    return this.#journal.incarnation;
  }

  /** Takes over a stream that ran when the process before this one ended. A pause may have been ordered since its note. */
  adopt(lease: SocketLease, note: string): void {
    const shared = this.#shared.adopt(lease, note);
    if (!shared) this.#adopt(ownSeat(lease, this.#receiver), JSON.parse(note) as StreamFacts);
    for (const { note: one, seat } of shared ?? []) {
      const facts = JSON.parse(one) as StreamFacts;
      this.#adopt(seat(facts.peer), facts);
    }
  }

  #adopt(seat: Seat, facts: StreamFacts): void {
    const { gateSinceMs } = facts;
    const gate = facts.gate === 'paused' ? 'paused' : 'withheld';
    const since = facts.gate === gate && gateSinceMs !== undefined ? gateSinceMs : this.#clock.nowMs();
    const running = this.#run({ ...facts, gate, gateSinceMs: since }, seat, 'adopted');
    if (gate === 'withheld') void running.keepNote();
  }

  /** Opens a stream, or answers for the one that is open. Throws `streams-exhausted`, `rtp-ports-exhausted`, `disk-full`. */
  open(request: OpenRequest): Promise<ResultOf<'open'>> {
    const running = this.#streams.get(request.stream);
    if (running) return Promise.resolve(running.opened);
    const known = this.#opening.get(request.stream);
    if (known) return known.opened;
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    const gate = request.paused === 'unknown' ? 'withheld' : request.paused ? 'paused' : 'running';
    const opening: Opening = { gate, opened: Promise.resolve().then(() => this.#open(request, opening)) };
    this.#opening.set(request.stream, opening);
    return opening.opened.finally(() => this.#opening.delete(request.stream));
  }

  /** The peer sends from elsewhere now. Throws `stream-unknown`, as all that follow. */
  async move(stream: string, peer: Peer): Promise<ResultOf<'move'>> {
    await this.#settled(stream);
    return this.#running(stream).move(peer);
  }

  /** Silence counts from now. */
  async expect(stream: string): Promise<ResultOf<'expect'>> {
    await this.#settled(stream);
    return this.#running(stream).expect();
  }

  /** The peer seals with another key. */
  async rekey(stream: string, key: SrtpKey): Promise<ResultOf<'rekey'>> {
    await this.#settled(stream);
    return this.#running(stream).rekey(key);
  }

  /** From the time it answers nothing passes. */
  pause(stream: string): Promise<ResultOf<'pause'>> {
    return this.#gated(stream, 'paused', () => this.#running(stream).pause());
  }

  /** What arrives from the time it answers is recorded, unless a pause came in between. */
  resume(stream: string): Promise<ResultOf<'resume'>> {
    return this.#gated(stream, 'running', () => this.#running(stream).resume());
  }

  /** Who commands has gone, or is another: a pause may have been ordered that never arrived. */
  async withhold(): Promise<void> {
    await Promise.allSettled([...this.#opening.values()].map(({ opened }) => opened));
    if (this.#streams.size === 0) return;
    this.#receiver.readNow();
    for (const running of this.#streams.values()) running.withhold();
  }

  /** What a new owner knows of streams that are withheld. */
  async gates(paused: readonly string[], running: readonly string[]): Promise<ResultOf<'gates'>> {
    const held = (stream: string) => this.#streams.get(stream);
    await Promise.all([
      ...paused.map((stream) => held(stream)?.pause()),
      ...running.map((stream) => (held(stream)?.isWithheld ? held(stream)?.resume() : undefined)),
    ]);
    return { withheld: [...this.#streams.values()].filter((one) => one.isWithheld).length };
  }

  /** Ends a stream when what has arrived is read, and in the journal. Answers the same again for a while. */
  close(streamId: string): Promise<ResultOf<'close'>> {
    const again = () => this.close(streamId);
    const opening = this.#opening.get(streamId);
    if (opening) return opening.opened.then(again, again);
    const done = this.#closed.get(streamId);
    if (done) return Promise.resolve(done);
    const closing = this.#closing.get(streamId) ?? this.#close(streamId, this.#running(streamId));
    this.#closing.set(streamId, closing);
    return closing.finally(() => this.#closing.delete(streamId));
  }

  /** Streams that run, a page of them or all: many are told at leisure, what comes in waits meanwhile. */
  list({ after = 0, most = Number.POSITIVE_INFINITY }: ListRequest = {}): ResultOf<'list'> {
    const page: RunningStream[] = [];
    for (const running of this.#streams.values()) {
      if (running.number <= after) continue;
      if (page.length >= most) return { streams: page.map(({ state }) => state), next: page.at(-1)!.number };
      page.push(running);
    }
    return { streams: page.map(({ state }) => state) };
  }

  stats(): ResultOf<'stats'> {
    const sums = { ...this.#ended };
    for (const { counters } of this.#streams.values()) addCounters(sums, counters);
    return {
      incarnation: this.incarnation,
      streams: this.#streams.size,
      streamsMax: this.#options.streamsMax,
      ...sums,
      recordsDropped: this.#journal.recordsDropped,
      disk: this.#journal.isScarce ? 'scarce' : 'ample',
      position: this.#journal.position,
    };
  }

  /** Ends this process's part in good order: what was read is in the journal, the sockets stay with the keeper. */
  async end(): Promise<void> {
    this.#lookTimer.cancel();
    this.#quietTimer.cancel();
    for (const running of this.#streams.values()) running.leave();
    this.#receiver.end();
    this.#streams.clear();
    await this.#journal.close();
  }

  async #open(request: OpenRequest, opening: Opening): Promise<ResultOf<'open'>> {
    const { stream, silenceMsMax, rtcpMux, note, srtp, peer = null } = request;
    const seat = await this.#seatFor(peer);
    const from = this.#journal.position;
    const openedAtMs = this.#clock.nowMs();
    const sealed = srtp === undefined ? {} : { srtp: { key: srtp } };
    const facts = { stream, peer, silenceMsMax, rtcpMux, gate: opening.gate, openedAtMs, from, note, ...sealed };
    const running = this.#run(facts, seat, 'opened');
    this.#closed.delete(stream);
    await running.keepNote();
    return running.opened;
  }

  async #seatFor(peer: Peer | null): Promise<Seat> {
    const { sockets, sharing } = this.#options;
    // A name (RFC 8866 §5.7) is nothing that packets can be told apart by.
    if (sharing === 'shared' && peer !== null && isIP(peer.address) !== 0) return this.#shared.seat(peer);
    return ownSeat(await sockets.lease(), this.#receiver);
  }

  #run(facts: StreamFacts, seat: Seat, as: 'opened' | 'adopted'): RunningStream {
    this.#lastNumber += 1;
    const onEvent = (event: ControlEvent) => this.#options.onEvent?.(event);
    const parts = {
      seat,
      journal: this.#journal,
      clock: this.#clock,
      random: this.#random,
      onEvent,
    };
    const running = new RunningStream({ facts, number: this.#lastNumber, ...parts }, as);
    this.#streams.set(facts.stream, running);
    return running;
  }

  async #gated<Result>(stream: string, gate: StreamFacts['gate'], order: () => Promise<Result>): Promise<Result> {
    const opening = this.#opening.get(stream);
    if (opening) opening.gate = gate;
    await this.#settled(stream);
    return order();
  }

  /** An order may come while the stream it is for is still being opened. */
  async #settled(stream: string): Promise<void> {
    if (!this.#streams.has(stream)) await this.#opening.get(stream)?.opened.catch(() => {});
  }

  async #close(id: string, running: RunningStream): Promise<ResultOf<'close'>> {
    this.#ending += 1;
    await running.drain();
    this.#ending -= 1;
    this.#running(id); // not when this process has come to its end meanwhile
    running.end();
    const { counters, from } = running;
    this.#streams.delete(id);
    addCounters(this.#ended, counters);
    this.#leaving.add(running);
    // While the disk refuses, nobody knows yet where its last records will stand.
    await this.#journal.writtenInTurn();
    this.#leaving.delete(running);
    const result = { counters, from, to: this.#journal.position };
    this.#closed.set(id, result);
    if (this.#closed.size > this.#options.streamsMax) this.#closed.delete(this.#closed.keys().next().value!);
    return result;
  }

  #running(stream: string): RunningStream {
    const running = this.#streams.get(stream);
    if (!running) throw new TwinreelError('stream-unknown', `no stream ${JSON.stringify(stream)} is open`, { stream });
    return running;
  }

  /** Why no stream can be opened now. */
  #refusal(): TwinreelError | undefined {
    const { streamsMax } = this.#options;
    const open = this.#streams.size - this.#ending;
    if (open + this.#opening.size >= streamsMax) {
      const message = `${open} streams are open, at most ${streamsMax} are allowed`;
      return new TwinreelError('streams-exhausted', message);
    }
    if (!this.#journal.isScarce) return undefined;
    return new TwinreelError('disk-full', 'the disk has no room for another segment of the journal');
  }

  #introduceStreams(): void {
    for (const running of [...this.#streams.values(), ...this.#leaving]) running.introduce('continued');
  }

  #alarm({ alarm, segment, message }: JournalAlarm): void {
    this.#options.onEvent?.({ event: 'alarm', alarm, message: `${segment}: ${message}` });
  }

  #lookAtStreams(): void {
    const nowMs = this.#clock.nowMs();
    for (const running of this.#streams.values()) running.look(nowMs);
    this.#endOldSegment(nowMs);
    this.#lookTimer = this.#clock.after(lookMs, () => this.#lookAtStreams());
  }

  /** The journal begins another segment when a block is due; where nothing comes for long, the old one is ended all the same. */
  #endOldSegment(nowMs: number): void {
    const name = this.#journal.position.segment;
    const lifeMsMax = this.#options.journal.segmentLifeMsMax ?? Number.POSITIVE_INFINITY;
    const isOver = nowMs - this.#segment.sinceMs >= lifeMsMax;
    if (name !== this.#segment.name || isOver) this.#segment = { name, sinceMs: nowMs };
    if (isOver) this.#journal.rotate();
  }

  #reportCounters(): void {
    const streams: { stream: string; counters: RunningStream['counters'] }[] = [];
    for (const [stream, running] of this.#streams) {
      const { seen, counters } = running;
      if (seen === running.reported) continue;
      running.reported = seen;
      streams.push({ stream, counters });
    }
    if (streams.length > 0) this.#options.onEvent?.({ event: 'counters', streams });
    this.#quietTimer = this.#clock.after(this.#options.quietMs, () => this.#reportCounters());
  }
}

function addCounters<Sums extends Record<string, number>>(
  sums: Sums,
  counters: Readonly<Record<keyof Sums, number>>,
): void {
  for (const key of Object.keys(sums) as (keyof Sums)[]) sums[key] = (sums[key]! + counters[key]) as Sums[keyof Sums];
}
