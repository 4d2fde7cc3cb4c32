// One stream as capture sees it: what it is, whether its packets may pass, and what was counted. Runs once per packet and
// allocates nothing; knows neither sockets nor the journal.

import type { Position } from '#src/journal';
import { isRtcp, isRtp, SequenceTracker, sequenceOf, ssrcOf } from '#src/media';
import type { Peer, StreamCounters } from './control.schema.ts';

/** What stays the same through a restart of capture: kept beside the stream's sockets. */
export interface StreamFacts {
  readonly stream: string;
  readonly peer: Peer | null;
  readonly silenceMsMax: number;
  readonly rtcpMux: boolean;
  readonly paused: boolean;
  readonly openedAtMs: number;
  readonly from: Position;
  readonly note: string;
}

/** What to do with a datagram. */
export type Verdict = 'rtp' | 'rtcp' | 'paused' | 'malformed';

/** `resuming`: the order came, packets of the pause may still wait in the socket. */
export type GatePhase = 'running' | 'paused' | 'resuming';

export class CapturedStream {
  readonly facts: StreamFacts;
  /** Its number in the journal of this process. */
  readonly number: number;
  peer: Peer | null;
  gate: GatePhase;
  /** RTP came since the last look at the silence. */
  heard = true;
  silent = false;
  lastHeardAtMs: number;
  #packets = 0;
  #bytes = 0;
  #rtcpPackets = 0;
  #paused = 0;
  #foreign = 0;
  #malformed = 0;
  readonly #tracker = new SequenceTracker();

  constructor(facts: StreamFacts, number: number, nowMs: number) {
    this.facts = facts;
    this.number = number;
    this.peer = facts.peer;
    this.gate = facts.paused ? 'paused' : 'running';
    this.lastHeardAtMs = nowMs;
  }

  /** Counts a datagram and says whether it goes into the journal. Packets of a pause still count for loss and silence. */
  observe(datagram: Buffer, address: string, port: number): Verdict {
    const rtp = isRtp(datagram);
    if (!rtp && !isRtcp(datagram)) {
      this.#malformed += 1;
      return 'malformed';
    }
    if (!rtp) return this.#observeRtcp();
    this.heard = true;
    this.#tracker.observe(ssrcOf(datagram), sequenceOf(datagram));
    const { peer } = this;
    if (peer !== null && (port !== peer.port || address !== peer.address)) this.#foreign += 1;
    if (this.gate !== 'running') {
      this.#paused += 1;
      return 'paused';
    }
    this.#packets += 1;
    this.#bytes += datagram.length;
    return 'rtp';
  }

  /** Datagrams seen, whatever became of them. */
  get seen(): number {
    return this.#packets + this.#rtcpPackets + this.#paused + this.#malformed;
  }

  get counters(): StreamCounters {
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
      malformed: this.#malformed,
    };
  }

  /** What a successor must know now. */
  get currentFacts(): StreamFacts {
    return { ...this.facts, peer: this.peer, paused: this.gate !== 'running' };
  }

  /**
   * Looks at the silence; true when it has just become too long. Called a few times a second instead of a timer per
   * packet, so the silence is known to that accuracy.
   */
  becomesSilent(nowMs: number): boolean {
    if (this.heard) {
      this.heard = false;
      this.silent = false;
      this.lastHeardAtMs = nowMs;
      return false;
    }
    if (this.silent || nowMs - this.lastHeardAtMs < this.facts.silenceMsMax) return false;
    this.silent = true;
    return true;
  }

  // RTCP carries no audio, but its application packets may carry digits: it stops at the gate like RTP.
  #observeRtcp(): Verdict {
    if (this.gate !== 'running') {
      this.#paused += 1;
      return 'paused';
    }
    this.#rtcpPackets += 1;
    return 'rtcp';
  }
}
