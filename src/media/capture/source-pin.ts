// From where a stream's packets may come: the peer that was signalled, for a while also where it came from before a move,
// and after silence another port of the same address. Decides once per packet, where it allocates nothing for the peer's;
// never takes another address than the one that was signalled.

import { isIP } from 'node:net';
import type { Peer } from './control.schema.ts';

/** A change that nobody signalled: to be written down. */
export type PinChange =
  /** Nothing that can be compared was signalled: the first that sent is the peer. */
  | { readonly change: 'first-heard'; readonly source: Peer }
  /** The signalled one is silent, this one of its address is not. What came of it since `sinceMs` belongs to the stream. */
  | { readonly change: 'promoted'; readonly source: Peer; readonly sinceMs: number }
  /** The signalled one is heard again: the promoted one is a stranger from now on. */
  | { readonly change: 'returned'; readonly source: Peer };

/** How long the signalled source is silent, and another one is heard, before that is taken for it. */
export const promotedAfterMs = 2_000;
/** How long packets from the place before a signalled move are taken: some are on their way, and the answer may be repeated. */
export const moveOverlapMs = 5_000;
// A candidate that falls silent for so long makes room for another one.
const candidateSilentMsMax = 500;
// Between a packet and the look that notices it.
const lookMsMax = 200;

export class SourcePin {
  /** Where the stream comes from now; null until the first packet when nothing was signalled. */
  source: Peer | null;
  /** What happened since the last {@link look}. */
  readonly changes: PinChange[] = [];
  #signalled: Peer | null;
  #address: string;
  #port: number;
  #heard = false;
  #heardAtMs: number;
  #before: Peer | null = null;
  #beforeUntilMs = 0;
  #candidatePort = 0;
  #candidateHeard = false;
  #candidateSinceMs = 0;
  #candidateHeardAtMs = 0;

  /** `source` is where the packets came from last, when that is not where they were signalled to come from. */
  constructor(signalled: Peer | null, source: Peer | null, nowMs: number) {
    this.#signalled = comparable(signalled);
    this.source = source ?? this.#signalled;
    this.#address = this.source?.address ?? '';
    this.#port = this.source?.port ?? 0;
    this.#heardAtMs = nowMs;
  }

  /** True when an RTP packet from there belongs to the stream. */
  takes(address: string, port: number): boolean {
    if (port === this.#port && address === this.#address) {
      this.#heard = true;
      return true;
    }
    return this.#takesOther(address, port);
  }

  /** An RTP packet has come from {@link source}. */
  hearSource(): void {
    this.#heard = true;
  }

  /** The same for RTCP, which comes from the port of RTP or the one above it (RFC 3550 §11). */
  takesControl(address: string, port: number): boolean {
    if (this.source === null) return true;
    return [this.source, this.#signalled, this.#before].some(
      (one) => one?.address === address && (one.port === port || one.port + 1 === port),
    );
  }

  /** The peer has said where it sends from next. */
  move(signalled: Peer, nowMs: number): void {
    this.#before = this.source;
    this.#beforeUntilMs = nowMs + moveOverlapMs;
    this.#signalled = comparable(signalled);
    this.#take(this.#signalled, nowMs);
  }

  /** Looks at who was heard since the last look; call it every 100 ms or so. */
  look(nowMs: number): void {
    if (this.#heard) this.#heardAtMs = nowMs;
    this.#heard = false;
    if (nowMs >= this.#beforeUntilMs) this.#before = null;
    if (this.#candidatePort === 0) return;
    if (this.#candidateSinceMs === 0) this.#candidateSinceMs = nowMs;
    const heard = this.#candidateHeard;
    this.#candidateHeard = false;
    if (heard) {
      this.#candidateHeardAtMs = nowMs;
      if (nowMs - Math.max(this.#candidateSinceMs, this.#heardAtMs) >= promotedAfterMs) this.#promote(nowMs);
    } else if (nowMs - this.#candidateHeardAtMs > candidateSilentMsMax) this.#forgetCandidate();
  }

  #takesOther(address: string, port: number): boolean {
    const signalled = this.#signalled;
    if (signalled !== null && signalled.port === port && signalled.address === address) {
      this.#take(signalled, this.#heardAtMs);
      this.#heard = true;
      this.changes.push({ change: 'returned', source: signalled });
      return true;
    }
    if (this.#before !== null && this.#before.port === port && this.#before.address === address) return true;
    if (this.source === null) {
      this.#take({ address, port }, this.#heardAtMs);
      this.#heard = true;
      this.changes.push({ change: 'first-heard', source: { address, port } });
      return true;
    }
    if (address === this.#address) {
      if (this.#candidatePort === 0) this.#candidatePort = port;
      if (this.#candidatePort === port) this.#candidateHeard = true;
    }
    return false;
  }

  #promote(nowMs: number): void {
    const source = { address: this.#address, port: this.#candidatePort };
    const sinceMs = this.#heardAtMs - lookMsMax;
    this.#take(source, nowMs);
    this.changes.push({ change: 'promoted', source, sinceMs });
  }

  #take(source: Peer | null, heardAtMs: number): void {
    this.source = source;
    this.#address = source?.address ?? '';
    this.#port = source?.port ?? 0;
    this.#heardAtMs = heardAtMs;
    this.#forgetCandidate();
  }

  #forgetCandidate(): void {
    this.#candidatePort = 0;
    this.#candidateHeard = false;
    this.#candidateSinceMs = 0;
    this.#candidateHeardAtMs = 0;
  }
}

/** As the kernel writes addresses; null for a name (RFC 8866 §5.7), which no packet can be compared with. */
function comparable(peer: Peer | null): Peer | null {
  const family = peer === null ? 0 : isIP(peer.address);
  if (peer === null || family === 0) return null;
  return family === 4 ? peer : { ...peer, address: new URL(`http://[${peer.address}]/`).hostname.slice(1, -1) };
}
