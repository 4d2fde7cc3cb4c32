// One stream as capture sees it: what it is, whether a packet is its own and may pass, and what was counted. Runs once per
// packet and allocates nothing for those of the peer; knows neither sockets nor the journal.

import type { Position, WithheldKey } from '#src/journal';
import { isRtcp, isRtp, SequenceTracker, sequenceOf, ssrcOf } from '#src/media/rtp';
import { type SrtpFacts, type SrtpKey, SrtpReceiver, type SrtpSuiteName } from '#src/media/srtp';
import type { Peer, StreamCounters } from './control.schema.ts';
import type { OrderedRun } from './ordered-runs.ts';
import { Quarantine } from './quarantine.ts';
import type { Passage } from './receiver.ts';
import { type PinChange, SourcePin } from './source-pin.ts';

/** What stays the same through a restart of capture: kept beside the stream's sockets. */
export interface StreamFacts {
  readonly stream: string;
  /** As it was signalled. */
  readonly peer: Peer | null;
  /** Where its packets came from last, when that is not where they were signalled to come from. */
  readonly source?: Peer | null;
  readonly silenceMsMax: number;
  readonly rtcpMux: boolean;
  readonly gate: 'running' | 'withheld' | 'paused';
  /** Since when nothing passes, or what passes is withheld; wall clock. */
  readonly gateSinceMs?: number;
  /** What was withheld so far is sealed under these: they are nowhere else. */
  readonly withheld?: readonly WithheldKey[];
  /** Its packets come sealed: keys, which are nowhere else but with who signalled them. */
  readonly srtp?: SrtpFacts;
  readonly openedAtMs: number;
  readonly from: Position;
  readonly note: string;
}

/** What to do with a datagram. `foreign`: it does not come from the peer. Whatever comes in a pause is `paused`. */
export type Verdict = 'rtp' | 'rtcp' | 'paused' | 'foreign' | 'malformed';

/**
 * `withheld`: it is not known whether a pause holds, so what passes cannot be read yet. `resuming`: the order came, packets of
 * the pause may still wait in the socket.
 */
export type GatePhase = 'running' | 'withheld' | 'paused' | 'resuming';

const none: readonly PinChange[] = [];

export class CapturedStream implements Passage {
  readonly facts: StreamFacts;
  /** Its number in the journal of this process. */
  readonly number: number;
  gateSinceMs: number;
  readonly quarantine = new Quarantine();
  silent = false;
  lastHeardAtMs: number;
  #gate: GatePhase;
  #heard = true;
  #peer: Peer | null;
  readonly #pin: SourcePin;
  #packets = 0;
  #bytes = 0;
  #rtcpPackets = 0;
  #paused = 0;
  #foreign = 0;
  #malformed = 0;
  #unauthenticated = 0;
  #replayed = 0;
  #toldUnauthenticated = false;
  readonly #srtp: SrtpReceiver | undefined;
  #withheld = { packets: 0, bytes: 0, rtcpPackets: 0 };
  readonly #tracker = new SequenceTracker();
  // What passed in it is counted here before anything is asked or changed.
  #run: OrderedRun | undefined;

  constructor(facts: StreamFacts, number: number, nowMs: number) {
    this.facts = facts;
    this.number = number;
    this.#peer = facts.peer;
    this.#pin = new SourcePin(facts.peer, facts.source ?? null, nowMs);
    this.#gate = facts.gate;
    this.gateSinceMs = facts.gateSinceMs ?? nowMs;
    this.lastHeardAtMs = nowMs;
    this.#srtp = facts.srtp && new SrtpReceiver(facts.srtp);
  }

  /** RTP came since the last look at the silence. */
  get heard(): boolean {
    this.#settle();
    return this.#heard;
  }

  get gate(): GatePhase {
    return this.#gate;
  }

  /** Without counting anew what is withheld: {@link setGate} does. */
  set gate(gate: GatePhase) {
    this.#settle();
    this.#gate = gate;
    if (gate !== 'running') this.#run?.close();
  }

  /** The datagram, of a sealed stream what was sealed in it: a view, opened in place. Undefined: refused, and counted. */
  open(datagram: Buffer): Buffer | undefined {
    if (this.#srtp === undefined || !(isRtp(datagram) || isRtcp(datagram))) return datagram;
    const opened = this.#srtp.open(datagram);
    if (typeof opened !== 'string') return opened;
    if (opened === 'replayed') this.#replayed += 1;
    else this.#unauthenticated += 1;
    return undefined;
  }

  /** Counts a datagram that {@link open} gave and says whether it goes into the journal. Packets of a pause still count for loss and silence. */
  observe(datagram: Buffer, address: string, port: number): Verdict {
    this.#settle();
    const rtp = isRtp(datagram);
    if (!rtp && !isRtcp(datagram)) {
      this.#malformed += 1;
      return 'malformed';
    }
    const own = rtp ? this.#pin.takes(address, port) : this.#pin.takesControl(address, port);
    if (!own) {
      this.#foreign += 1;
      return this.#gate === 'running' || this.#gate === 'withheld' ? 'foreign' : 'paused';
    }
    this.#srtp?.accept();
    if (rtp) this.#hearRtp(datagram, 0);
    // RTCP carries no audio, but its application packets may carry digits: it stops at the gate like RTP.
    if (this.#gate !== 'running') {
      if (this.#gate !== 'withheld') {
        this.#paused += 1;
        return 'paused';
      }
      this.#countWithheld(rtp, datagram.length);
    }
    if (!rtp) {
      this.#rtcpPackets += 1;
      return 'rtcp';
    }
    this.#packets += 1;
    this.#bytes += datagram.length;
    this.#openRun();
    return 'rtp';
  }

  /**
   * The same for a datagram that comes from where the stream's {@link source} is and lies at `at`: true, and counted, when it
   * goes into the journal as it is; otherwise nothing has happened, and {@link observe} is to be asked.
   */
  passes(bytes: Uint8Array, at: number, length: number): boolean {
    if (this.#srtp || this.#gate !== 'running' || !isRtp(bytes, at, length)) return false;
    this.#settle();
    this.#pin.hearSource();
    this.#hearRtp(bytes, at);
    this.#packets += 1;
    this.#bytes += length;
    this.#openRun();
    return true;
  }

  /** Its packets run there, as long as the gate is open and each one follows the one before. */
  runsIn(run: OrderedRun | undefined): void {
    this.#settle();
    this.#run = run;
  }

  /** Where its RTP comes from now, as the kernel says it; null while that is not known. Another object at each change. */
  get source(): Peer | null {
    return this.#pin.source;
  }

  /** Datagrams seen, whatever became of them. */
  get seen(): number {
    this.#settle();
    const refused = this.#malformed + this.#unauthenticated + this.#replayed;
    return this.#packets + this.#rtcpPackets + this.#paused + this.#foreign + refused;
  }

  get counters(): StreamCounters {
    this.#settle();
    const { lost, late, duplicates, restarts } = this.#tracker;
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      rtcpPackets: this.#rtcpPackets,
      lost,
      late,
      duplicates,
      restarts,
      paused: this.#paused,
      foreign: this.#foreign,
      quarantined: this.quarantine.packets,
      malformed: this.#malformed,
      unauthenticated: this.#unauthenticated,
      replayed: this.#replayed,
    };
  }

  /** How its packets are sealed, if they are. */
  get suite(): { readonly srtp?: SrtpSuiteName } {
    return this.#srtp === undefined ? {} : { srtp: this.#srtp.suite };
  }

  /** What a successor must know now, but for keys and how far sealed packets have come. */
  get currentFacts(): StreamFacts {
    const { gate, gateSinceMs } = this;
    const source = this.#pin.source;
    return { ...this.facts, peer: this.#peer, source, gate: gate === 'resuming' ? 'paused' : gate, gateSinceMs };
  }

  /** The keys and counts of sealed packets, for a successor. */
  noteSrtp(): { readonly srtp?: SrtpFacts } {
    return this.#srtp === undefined ? {} : { srtp: this.#srtp.note() };
  }

  /** A successor would know too little of sealed packets by the last note. */
  get isNoteDue(): boolean {
    return this.#srtp?.isFar === true;
  }

  /** The peer has said with which key it seals from now on. */
  rekey(key: SrtpKey): void {
    this.#srtp?.rekey(key);
  }

  /** True once: packets have come that are not authentic. */
  becomesUnauthenticated(): boolean {
    if (this.#toldUnauthenticated || this.#unauthenticated === 0) return false;
    this.#toldUnauthenticated = true;
    return true;
  }

  /** Changes the gate; what is withheld begins to be counted anew. */
  setGate(gate: GatePhase, sinceMs: number): void {
    this.gate = gate;
    this.gateSinceMs = sinceMs;
    this.#withheld = { packets: 0, bytes: 0, rtcpPackets: 0 };
  }

  /** What was withheld is gone: it counts as dropped by a pause. */
  shredWithheld(): void {
    const { packets, bytes, rtcpPackets } = this.#withheld;
    this.#packets -= packets;
    this.#bytes -= bytes;
    this.#rtcpPackets -= rtcpPackets;
    this.#paused += packets + rtcpPackets;
  }

  /** The peer has said that it sends from there now. */
  move(peer: Peer, nowMs: number): void {
    this.#settle();
    this.#peer = peer;
    this.#pin.move(peer, nowMs);
    this.quarantine.renew();
  }

  /** Where packets come from that nobody signalled, since the last time this was asked; ask every 100 ms or so. */
  lookAtSource(nowMs: number): readonly PinChange[] {
    this.#settle();
    this.#pin.look(nowMs);
    return this.#pin.changes.length === 0 ? none : this.#pin.changes.splice(0);
  }

  /**
   * Looks at the silence; true when it has just become too long. Called a few times a second instead of a timer per
   * packet, so the silence is known to that accuracy.
   */
  becomesSilent(nowMs: number): boolean {
    if (this.heard) {
      this.#heard = false;
      this.silent = false;
      this.lastHeardAtMs = nowMs;
      return false;
    }
    if (this.silent || nowMs - this.lastHeardAtMs < this.facts.silenceMsMax) return false;
    this.silent = true;
    return true;
  }

  /** Whoever was on hold is to be heard: its silence counts from now. */
  expect(nowMs: number): void {
    this.silent = false;
    this.lastHeardAtMs = nowMs;
  }

  // Whoever comes next in a run came from the source, through an open gate, and in order.
  #settle(): void {
    const run = this.#run;
    if (run === undefined || run.packets === 0) return;
    this.#heard = true;
    this.#pin.hearSource();
    this.#tracker.observeFollowing(run.packets);
    this.#packets += run.packets;
    this.#bytes += run.bytes;
    run.take();
  }

  #openRun(): void {
    if (!this.#srtp && this.#gate === 'running') this.#run?.open(this.#tracker.ssrc, this.#tracker.highest);
  }

  #hearRtp(bytes: Uint8Array, at: number): void {
    this.#heard = true;
    this.#tracker.observe(ssrcOf(bytes, at), sequenceOf(bytes, at));
  }

  #countWithheld(rtp: boolean, bytes: number): void {
    const withheld = this.#withheld;
    if (rtp) {
      withheld.packets += 1;
      withheld.bytes += bytes;
    } else withheld.rtcpPackets += 1;
  }
}
