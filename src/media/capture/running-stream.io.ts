// One stream that runs: its sockets, its gate, and its records in the journal. What it must carry through a kill of this
// process lies in the note beside its sockets before anything depends on it.

import { type Journal, type RecordKind, type WithheldKey, Withholder } from '#src/journal';
import type { SrtpKey } from '#src/media/srtp';
import type { Clock, Random } from '#src/ports';
import type { ControlEvent, Peer, ResultOf, StreamCounters, StreamState } from './control.schema.ts';
import type { CaptureFact } from './fact.ts';
import type { Listening } from './receiver.ts';
import type { Seat } from './seat.io.ts';
import { moveOverlapMs, type PinChange } from './source-pin.ts';
import { CapturedStream, type StreamFacts } from './stream.ts';

export interface RunningStreamOptions {
  readonly facts: StreamFacts;
  /** Its number in the journal of this process. */
  readonly number: number;
  readonly seat: Seat;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: (event: ControlEvent) => void;
}

/** Each kill of capture while nobody commands it adds one. */
const withheldKeysMax = 64;

const sourceChanges = {
  promoted: 'where it was signalled to come from is silent, its packets are taken from',
  returned: 'its packets come again from where they were signalled to come from,',
};

export class RunningStream {
  /** Datagrams seen when its counters were last reported. */
  reported = 0;
  readonly #options: RunningStreamOptions;
  readonly #stream: CapturedStream;
  #withholder: Withholder | undefined;
  #earlierKeys: readonly WithheldKey[];
  readonly #listening: Omit<Listening, 'stop'>;
  #expected: Peer | null = null;

  /** Listens from now on; the fact that binds its number comes first. What is adopted may have been paused since its note. */
  constructor(options: RunningStreamOptions, as: 'opened' | 'adopted') {
    const { facts, number, seat, clock } = options;
    this.#options = options;
    this.#stream = new CapturedStream(facts, number, clock.nowMs());
    this.#earlierKeys = facts.withheld ?? [];
    if (facts.gate === 'withheld') this.#withholder = new Withholder(options.random);
    this.introduce(as);
    const listener = {
      hear: (datagram: Buffer, address: string, port: number, atUs: number) =>
        this.#hear(datagram, address, port, atUs),
      failed: (reason: string) => this.#alarm('socket-failed', reason),
    };
    this.#listening = seat.listen(listener, facts.rtcpMux);
    this.#expectSource();
  }

  get from(): StreamFacts['from'] {
    return this.#stream.facts.from;
  }

  get seen(): number {
    return this.#stream.seen;
  }

  /** Its number in the journal of this process: later ones have higher ones. */
  get number(): number {
    return this.#options.number;
  }

  get counters(): StreamCounters {
    return this.#stream.counters;
  }

  get isWithheld(): boolean {
    return this.#stream.gate === 'withheld';
  }

  get opened(): ResultOf<'open'> {
    return { ...this.#ports, from: this.from };
  }

  get state(): StreamState {
    const { stream, peer, gate, openedAtMs, from, note } = this.#stream.currentFacts;
    const { silent, counters, suite } = this.#stream;
    const gates = { paused: gate === 'paused', withheld: gate === 'withheld' };
    return { stream, ...this.#ports, peer, ...gates, silent, openedAtMs, from, note, counters, ...suite };
  }

  /** Writes down what a reader of the present segment has to know of it. */
  introduce(as: 'opened' | 'continued' | 'adopted'): void {
    const { stream, peer, gate, openedAtMs, note } = this.#stream.currentFacts;
    this.#fact({ fact: 'stream-opened', stream, as, peer, ...this.#ports, gate, openedAtMs, note });
  }

  /** Resolves when a successor of this process would know of it. */
  keepNote(): Promise<void> {
    const facts = { ...this.#stream.currentFacts, ...this.#stream.noteSrtp() };
    const withheld = this.#withheldKeys;
    return this.#options.seat.keepNote(JSON.stringify(withheld.length === 0 ? facts : { ...facts, withheld }));
  }

  async move(peer: Peer): Promise<ResultOf<'move'>> {
    const atMs = this.#options.clock.nowMs();
    this.#stream.move(peer, atMs);
    this.#expectSource();
    // It may have begun to send from there before we were told.
    this.#fact({ fact: 'stream-moved', peer, sinceMs: atMs - moveOverlapMs });
    await this.keepNote();
    return { atMs };
  }

  expect(): ResultOf<'expect'> {
    const atMs = this.#options.clock.nowMs();
    this.#stream.expect(atMs);
    return { atMs };
  }

  /** The peer seals with another key from now on. */
  async rekey(key: SrtpKey): Promise<ResultOf<'rekey'>> {
    this.#stream.rekey(key);
    const atMs = this.#options.clock.nowMs();
    await this.keepNote();
    return { atMs };
  }

  /** Closes the gate at once: what is then still in the socket does not pass either. What was withheld is gone. */
  async pause(): Promise<ResultOf<'pause'>> {
    const { journal, clock } = this.#options;
    this.#listening.readNow();
    const { gate } = this.#stream;
    if (gate === 'withheld') this.#shred();
    const atMs = gate === 'running' ? clock.nowMs() : this.#stream.gateSinceMs;
    if (gate === 'running' || gate === 'withheld') this.#fact({ fact: 'stream-paused', atMs });
    this.#stream.setGate('paused', atMs);
    await this.keepNote();
    return { atMs, position: journal.position };
  }

  /** Opens the gate when what arrived during the pause has been read and dropped. What was withheld is released. */
  async resume(): Promise<ResultOf<'resume'>> {
    const { journal, clock } = this.#options;
    if (this.#stream.gate === 'withheld') await this.#release();
    if (this.#stream.gate === 'paused') {
      this.#stream.gate = 'resuming';
      await this.drain();
      // A pause that came meanwhile stands.
      if (this.#stream.gate === 'resuming') {
        this.#stream.setGate('running', clock.nowMs());
        this.#fact({ fact: 'stream-resumed', atMs: this.#stream.gateSinceMs });
      }
    }
    const atMs = clock.nowMs();
    await this.keepNote();
    return { atMs, position: journal.position };
  }

  /** Nobody knows any more whether it is paused: what runs is withheld. What had arrived has been read. */
  withhold(): void {
    if (this.#stream.gate !== 'running') return;
    const sinceMs = this.#options.clock.nowMs();
    this.#withholder = new Withholder(this.#options.random);
    this.#stream.setGate('withheld', sinceMs);
    this.#fact({ fact: 'stream-withheld', sinceMs });
    void this.keepNote();
  }

  /** Resolves when what had arrived in the kernel is read. */
  drain(): Promise<void> {
    return this.#listening.drain(() => this.seen);
  }

  /** Ends it: the sockets are given back. What is withheld now will never be read. */
  end(): void {
    if (this.isWithheld) {
      this.#shred();
      this.#alarm('withheld-shredded', 'it ended, and nobody knew whether it was paused: what was withheld is gone');
    }
    this.#stream.setGate('paused', this.#stream.gateSinceMs);
    this.#options.seat.release();
    this.#fact({ fact: 'stream-closed', counters: this.counters });
  }

  /** Lets go of the sockets, which stay with the keeper. */
  leave(): void {
    this.#options.seat.leave();
  }

  /** Looks at who was heard; call it every 100 ms or so. */
  look(nowMs: number): void {
    const stream = this.#stream;
    for (const change of stream.lookAtSource(nowMs)) this.#sourceChanged(change);
    this.#lookAtSeals();
    this.#expectSource();
    if (!stream.becomesSilent(nowMs)) return;
    this.#options.onEvent({ event: 'silent', stream: stream.facts.stream, lastHeardAtMs: stream.lastHeardAtMs });
  }

  get #ports() {
    const { address, rtpPort, rtcpPort } = this.#options.seat;
    return { address, rtpPort, rtcpPort: this.#stream.facts.rtcpMux ? rtpPort : rtcpPort };
  }

  #hear(datagram: Buffer, address: string, port: number, atUs: number): void {
    const clear = this.#stream.open(datagram);
    if (clear === undefined) return;
    const verdict = this.#stream.observe(clear, address, port);
    if (verdict === 'rtp' || verdict === 'rtcp') this.#record(verdict, clear, atUs);
    else if (verdict === 'foreign') this.#hold(clear, address, port, atUs);
    this.#expectSource();
  }

  // What comes from the source and needs no second look is recorded where it was read.
  #expectSource(): void {
    const { source } = this.#stream;
    if (source === this.#expected) return;
    if (this.#expected) this.#listening.forget(this.#expected);
    this.#expected = source;
    if (source) this.#listening.expect(source, this.#options.number, this.#stream);
  }

  #record(kind: RecordKind, bytes: Buffer, atUs: number): void {
    const { journal, number } = this.#options;
    if (this.#withholder) journal.append('withheld', number, atUs, this.#withholder.seal(kind, bytes));
    else journal.append(kind, number, atUs, bytes);
  }

  #hold(datagram: Buffer, address: string, port: number, atUs: number): void {
    const { quarantine } = this.#stream;
    if (quarantine.isNewSource(address, port)) {
      this.#fact({ fact: 'stream-foreign', source: { address, port } });
      this.#alarm('foreign-packets', `packets of ${address}:${port}, which is not the peer, are kept apart`);
    }
    const record = quarantine.hold(address, port, datagram);
    if (record) this.#record('quarantined', record, atUs);
  }

  /** A successor must not be left far behind the sender's count; and somebody should hear of packets that are refused. */
  #lookAtSeals(): void {
    const stream = this.#stream;
    if (stream.isNoteDue) void this.keepNote();
    if (stream.becomesUnauthenticated()) {
      this.#alarm('packets-unauthenticated', 'packets came that nobody sealed who has its key: they are not recorded');
    }
  }

  #sourceChanged(change: PinChange): void {
    this.#fact({ fact: 'stream-source-changed', ...change });
    void this.keepNote();
    if (change.change === 'first-heard') return;
    const { address, port } = change.source;
    this.#alarm(`source-${change.change}`, `${sourceChanges[change.change]} ${address}:${port}`);
  }

  // The keys stay in the note until the fact that holds them is on the disk.
  async #release(): Promise<void> {
    const { journal, clock } = this.#options;
    this.#earlierKeys = this.#withheldKeys;
    this.#fact({ fact: 'stream-released', keys: this.#earlierKeys });
    this.#withholder = undefined;
    this.#stream.setGate('running', clock.nowMs());
    await journal.written();
    this.#earlierKeys = [];
  }

  #shred(): void {
    this.#fact({ fact: 'stream-shredded', sinceMs: this.#stream.gateSinceMs });
    this.#withholder?.forget();
    this.#withholder = undefined;
    this.#earlierKeys = [];
    this.#stream.shredWithheld();
  }

  get #withheldKeys(): readonly WithheldKey[] {
    const keys = this.#withholder ? [...this.#earlierKeys, this.#withholder.key] : this.#earlierKeys;
    return keys.slice(-withheldKeysMax);
  }

  #fact(fact: CaptureFact): void {
    this.#options.journal.fact(this.#options.number, fact);
  }

  #alarm(alarm: string, message: string): void {
    this.#options.onEvent({ event: 'alarm', alarm, message: `stream ${this.#stream.facts.stream}: ${message}` });
  }
}
