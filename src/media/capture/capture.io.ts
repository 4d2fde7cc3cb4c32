// Capture: streams in, blocks out. Reads the sockets of all streams into one journal, stops paused packets before it,
// counts. Knows no SIP, no Redis and no business words, and whoever commands it may come and go: streams run on.

import type { Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TwinreelError } from '#src/errors';
import { Journal, type JournalAlarm, type JournalOptions } from '#src/journal';
import { type Clock, systemClock, type Timer } from '#src/ports';
import type { ControlEvent, ControlRequest, Peer, ResultOf, StreamState } from './control.schema.ts';
import type { CaptureFact } from './fact.ts';
import type { SocketLease, SocketSource } from './sockets.ts';
import { moveOverlapMs, type PinChange } from './source-pin.ts';
import { CapturedStream, type StreamFacts } from './stream.ts';

export interface CaptureOptions {
  readonly journal: Pick<JournalOptions, 'folder' | 'publicKey'> & Partial<JournalOptions>;
  readonly sockets: SocketSource;
  readonly streamsMax: number;
  /** Least time between two `counters` events. */
  readonly quietMs: number;
  readonly onEvent?: (event: ControlEvent) => void;
  readonly clock?: Clock;
}

/** Writer's name of capture's journal. */
export const captureWriter = 'capture';

interface Running {
  readonly stream: CapturedStream;
  readonly lease: SocketLease;
  /** Datagrams seen when its counters were last reported. */
  reported: number;
}

type OpenRequest = Omit<Extract<ControlRequest, { request: 'open' }>, 'id' | 'request'>;

const sourceChanges = {
  promoted: 'where it was signalled to come from is silent, its packets are taken from',
  returned: 'its packets come again from where they were signalled to come from,',
};

const lookMs = 100;
const drainTurnsMax = 64;
const drainQuietTurns = 3;

export class Capture {
  readonly #options: CaptureOptions;
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #streams = new Map<string, Running>();
  readonly #opening = new Map<string, Promise<ResultOf<'open'>>>();
  // Closed, but their last records may still wait for a block, which may come to stand in a segment that must name them.
  #leaving: Running[] = [];
  // What was answered to a close, for a client that asks again; bounded by streamsMax.
  readonly #closed = new Map<string, ResultOf<'close'>>();
  readonly #closing = new Map<string, Promise<ResultOf<'close'>>>();
  #lastNumber = 0;
  #ended = { packets: 0, bytes: 0, lost: 0, paused: 0, malformed: 0 };
  #lookTimer: Timer;
  #quietTimer: Timer;

  /** Begins a segment of its own; throws TwinreelError `journal-write-failed`. */
  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { journal, quietMs } = options;
    const onSegment = () => this.#introduceStreams();
    const onAlarm = (alarm: JournalAlarm) => this.#alarm(alarm);
    this.#journal = new Journal({ ...journal, writer: captureWriter, clock: this.#clock, onSegment, onAlarm });
    this.#lookTimer = this.#clock.after(lookMs, () => this.#lookAtStreams());
    this.#quietTimer = this.#clock.after(quietMs, () => this.#reportCounters());
  }

  get incarnation(): string {
    return this.#journal.incarnation;
  }

  /** Takes over a stream that ran when the process before this one ended. */
  adopt(lease: SocketLease, note: string): void {
    const facts = JSON.parse(note) as StreamFacts;
    this.#run(facts, lease, 'adopted');
  }

  /** Opens a stream, or answers for the one that is open. Throws `streams-exhausted`, `rtp-ports-exhausted`. */
  open(request: OpenRequest): Promise<ResultOf<'open'>> {
    const running = this.#streams.get(request.stream);
    if (running) return Promise.resolve(openedResult(running));
    const opening = this.#opening.get(request.stream) ?? this.#open(request);
    this.#opening.set(request.stream, opening);
    return opening.finally(() => this.#opening.delete(request.stream));
  }

  /** The peer sends from elsewhere now. Throws `stream-unknown`, as all that follow. */
  async move(streamId: string, peer: Peer): Promise<ResultOf<'move'>> {
    await this.#settled(streamId);
    const { stream, lease } = this.#running(streamId);
    const atMs = this.#clock.nowMs();
    stream.move(peer, atMs);
    // It may have begun to send from there before we were told.
    this.#fact(stream, { fact: 'stream-moved', peer, sinceMs: atMs - moveOverlapMs });
    await lease.keepNote(JSON.stringify(stream.currentFacts));
    return { atMs };
  }

  /** Closes the gate at once: what is still in the socket does not pass either. */
  async pause(streamId: string): Promise<ResultOf<'pause'>> {
    await this.#settled(streamId);
    const { stream, lease } = this.#running(streamId);
    const atMs = this.#clock.nowMs();
    if (stream.gate === 'running') this.#fact(stream, { fact: 'stream-paused', atMs });
    stream.gate = 'paused';
    await lease.keepNote(JSON.stringify(stream.currentFacts));
    return { atMs, position: this.#journal.position };
  }

  /** Opens the gate when what arrived during the pause has been read and dropped. */
  async resume(streamId: string): Promise<ResultOf<'resume'>> {
    await this.#settled(streamId);
    const running = this.#running(streamId);
    const { stream, lease } = running;
    if (stream.gate === 'paused') {
      stream.gate = 'resuming';
      await drain(stream);
      // A pause that came meanwhile stands.
      if (stream.gate === 'resuming' && this.#streams.get(streamId) === running) {
        stream.gate = 'running';
        this.#fact(stream, { fact: 'stream-resumed', atMs: this.#clock.nowMs() });
      }
    }
    const atMs = this.#clock.nowMs();
    await lease.keepNote(JSON.stringify(stream.currentFacts));
    return { atMs, position: this.#journal.position };
  }

  /** Ends a stream when what has arrived is read. Answers the same again for a while. */
  async close(streamId: string): Promise<ResultOf<'close'>> {
    await this.#settled(streamId);
    const done = this.#closed.get(streamId);
    if (done) return done;
    const closing = this.#closing.get(streamId) ?? this.#close(this.#running(streamId));
    this.#closing.set(streamId, closing);
    return closing.finally(() => this.#closing.delete(streamId));
  }

  list(): ResultOf<'list'> {
    return { streams: [...this.#streams.values()].map(stateOf) };
  }

  stats(): ResultOf<'stats'> {
    const sums = { ...this.#ended };
    for (const { stream } of this.#streams.values()) addCounters(sums, stream.counters);
    return {
      incarnation: this.incarnation,
      streams: this.#streams.size,
      streamsMax: this.#options.streamsMax,
      ...sums,
      recordsDropped: this.#journal.recordsDropped,
      position: this.#journal.position,
    };
  }

  /** Ends this process's part in good order: what was read is in the journal, the sockets stay with the keeper. */
  async end(): Promise<void> {
    this.#lookTimer.cancel();
    this.#quietTimer.cancel();
    for (const { lease } of this.#streams.values()) for (const socket of socketsOf(lease)) socket.close();
    await this.#journal.close();
  }

  async #open(request: OpenRequest): Promise<ResultOf<'open'>> {
    const { streamsMax, sockets } = this.#options;
    if (this.#streams.size + this.#opening.size >= streamsMax) {
      throw new TwinreelError(
        'streams-exhausted',
        `${this.#streams.size} streams are open, at most ${streamsMax} are allowed`,
      );
    }
    const { stream, silenceMsMax, rtcpMux, paused, note, peer = null } = request;
    const lease = await sockets.lease(rtcpMux);
    const from = this.#journal.position;
    const facts = { stream, peer, silenceMsMax, rtcpMux, paused, openedAtMs: this.#clock.nowMs(), from, note };
    const running = this.#run(facts, lease, 'opened');
    this.#closed.delete(stream);
    await lease.keepNote(JSON.stringify(facts));
    return openedResult(running);
  }

  #run(facts: StreamFacts, lease: SocketLease, as: 'opened' | 'adopted'): Running {
    this.#lastNumber += 1;
    const stream = new CapturedStream(facts, this.#lastNumber, this.#clock.nowMs());
    const running = { stream, lease, reported: 0 };
    this.#streams.set(facts.stream, running);
    this.#fact(stream, openedFact(running, as));
    for (const socket of socketsOf(lease)) {
      socket.on('message', (datagram, from) => this.#hear(stream, datagram, from.address, from.port));
      socket.on('error', (error) =>
        this.#options.onEvent?.({ event: 'alarm', alarm: 'socket-failed', message: error.message }),
      );
    }
    return running;
  }

  #hear(stream: CapturedStream, datagram: Buffer, address: string, port: number): void {
    const verdict = stream.observe(datagram, address, port);
    if (verdict === 'rtp' || verdict === 'rtcp') {
      this.#journal.append(verdict, stream.number, this.#clock.nowMs() * 1000, datagram);
    } else if (verdict === 'foreign') this.#hold(stream, datagram, address, port);
  }

  #hold(stream: CapturedStream, datagram: Buffer, address: string, port: number): void {
    if (stream.quarantine.isNewSource(address, port)) {
      const source = { address, port };
      this.#fact(stream, { fact: 'stream-foreign', source });
      this.#audit(stream, 'foreign-packets', `packets of ${address}:${port}, which is not the peer, are kept apart`);
    }
    const record = stream.quarantine.hold(address, port, datagram);
    if (record) this.#journal.append('quarantined', stream.number, this.#clock.nowMs() * 1000, record);
  }

  async #close(running: Running): Promise<ResultOf<'close'>> {
    const { stream, lease } = running;
    const { stream: id, from } = stream.facts;
    await drain(stream);
    lease.release();
    const { counters } = stream;
    this.#fact(stream, { fact: 'stream-closed', counters });
    this.#streams.delete(id);
    this.#leaving.push(running);
    this.#journal.flush();
    this.#forgetLeft();
    addCounters(this.#ended, counters);
    const result = { counters, from, to: this.#journal.position };
    this.#closed.set(id, result);
    if (this.#closed.size > this.#options.streamsMax) this.#closed.delete(this.#closed.keys().next().value!);
    return result;
  }

  /** Orders take effect one after the other: what is said of a stream that is being opened holds for it when it is. */
  async #settled(stream: string): Promise<void> {
    if (!this.#streams.has(stream)) await this.#opening.get(stream)?.catch(() => {});
  }

  #running(stream: string): Running {
    const running = this.#streams.get(stream);
    if (!running) throw new TwinreelError('stream-unknown', `no stream ${JSON.stringify(stream)} is open`, { stream });
    return running;
  }

  #forgetLeft(): void {
    if (this.#journal.waiting === 0) this.#leaving = [];
    else if (this.#leaving.length > this.#options.streamsMax) this.#leaving.shift();
  }

  #introduceStreams(): void {
    for (const running of [...this.#streams.values(), ...this.#leaving])
      this.#fact(running.stream, openedFact(running, 'continued'));
  }

  #fact(stream: CapturedStream, fact: CaptureFact): void {
    this.#journal.fact(stream.number, fact);
  }

  #audit({ facts }: CapturedStream, alarm: string, message: string): void {
    this.#options.onEvent?.({ event: 'alarm', alarm, message: `stream ${facts.stream}: ${message}` });
  }

  #alarm({ alarm, segment, message }: JournalAlarm): void {
    this.#options.onEvent?.({ event: 'alarm', alarm, message: `${segment}: ${message}` });
  }

  #lookAtStreams(): void {
    const nowMs = this.#clock.nowMs();
    for (const running of this.#streams.values()) {
      const { stream } = running;
      for (const change of stream.lookAtSource(nowMs)) this.#sourceChanged(running, change);
      if (!stream.becomesSilent(nowMs)) continue;
      this.#options.onEvent?.({ event: 'silent', stream: stream.facts.stream, lastHeardAtMs: stream.lastHeardAtMs });
    }
    this.#lookTimer = this.#clock.after(lookMs, () => this.#lookAtStreams());
  }

  #sourceChanged({ stream, lease }: Running, change: PinChange): void {
    this.#fact(stream, { fact: 'stream-source-changed', ...change });
    void lease.keepNote(JSON.stringify(stream.currentFacts));
    if (change.change === 'first-heard') return;
    const { address, port } = change.source;
    this.#audit(stream, `source-${change.change}`, `${sourceChanges[change.change]} ${address}:${port}`);
  }

  #reportCounters(): void {
    const changed = [...this.#streams.values()].filter((running) => running.stream.seen !== running.reported);
    for (const running of changed) running.reported = running.stream.seen;
    const streams = changed.map(({ stream }) => ({ stream: stream.facts.stream, counters: stream.counters }));
    if (streams.length > 0) this.#options.onEvent?.({ event: 'counters', streams });
    this.#quietTimer = this.#clock.after(this.#options.quietMs, () => this.#reportCounters());
  }
}

// Turns of the event loop until some in a row bring nothing new: what had arrived in the kernel is then read. One alone
// says little, as a turn may end before it looks at the sockets; bounded, as a peer may send without end.
async function drain(stream: CapturedStream): Promise<void> {
  let quietTurns = 0;
  for (let turn = 0; turn < drainTurnsMax && quietTurns < drainQuietTurns; turn += 1) {
    const { seen } = stream;
    await nextTurn();
    quietTurns = stream.seen === seen ? quietTurns + 1 : 0;
  }
}

function socketsOf({ rtp, rtcp }: SocketLease): Socket[] {
  return rtcp ? [rtp, rtcp] : [rtp];
}

function openedResult({ stream, lease }: Running): ResultOf<'open'> {
  const { address, rtpPort, rtcpPort } = lease;
  return { address, rtpPort, rtcpPort, from: stream.facts.from };
}

function openedFact({ stream, lease }: Running, as: 'opened' | 'continued' | 'adopted'): CaptureFact {
  const { stream: id, peer, paused, openedAtMs, note } = stream.currentFacts;
  const { address, rtpPort, rtcpPort } = lease;
  return { fact: 'stream-opened', stream: id, as, peer, address, rtpPort, rtcpPort, paused, openedAtMs, note };
}

function stateOf({ stream, lease }: Running): StreamState {
  const { stream: id, peer, paused, openedAtMs, from, note } = stream.currentFacts;
  const { address, rtpPort, rtcpPort } = lease;
  const { silent, counters } = stream;
  return { stream: id, address, rtpPort, rtcpPort, peer, paused, silent, openedAtMs, from, note, counters };
}

function addCounters<Sums extends Record<string, number>>(
  sums: Sums,
  counters: Readonly<Record<keyof Sums, number>>,
): void {
  for (const key of Object.keys(sums) as (keyof Sums)[]) sums[key] = (sums[key]! + counters[key]) as Sums[keyof Sums];
}
