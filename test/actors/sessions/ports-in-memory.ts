// The world around recording sessions, in memory: what was answered, refused, opened, closed and finished is there to be
// looked at. Each port can be told to fail once, as the real ones may.

import {
  type FinishedTake,
  type SessionCapture,
  type SessionFact,
  type SessionFacts,
  type SessionFinisher,
  type SessionSignalling,
  type SessionState,
  takeOf,
} from '#actors/session';
import type { Take } from '#src/recording';

/** Throws or rejects what it was loaded with, once. */
class Fuse {
  #error: Error | undefined;

  load(): void {
    this.#error = new Error('as the test wanted');
  }

  blow(): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
  }
}

export class FactsInMemory implements SessionFacts {
  readonly fuse = new Fuse();
  readonly #byTake = new Map<string, SessionFact[]>();

  of(take: string): readonly SessionFact[] {
    return this.#byTake.get(take) ?? [];
  }

  takes(): readonly string[] {
    return [...this.#byTake.keys()];
  }

  write(take: string, facts: readonly SessionFact[]): void {
    this.fuse.blow();
    this.#byTake.set(take, [...this.of(take), ...facts]);
  }

  forget(take: string): void {
    this.#byTake.delete(take);
  }
}

export class CaptureInMemory implements SessionCapture {
  readonly fuse = new Fuse();
  /** Streams that are open, with their gate. */
  readonly gates = new Map<string, 'running' | 'paused'>();
  /** Every stream that was ever opened, as often as it was. */
  readonly opened: string[] = [];
  readonly moved: { stream: string; port: number }[] = [];

  async open(streams: Parameters<SessionCapture['open']>[0], paused: boolean) {
    this.fuse.blow();
    return streams.map(({ stream }) => {
      if (!this.gates.has(stream)) this.opened.push(stream);
      this.gates.set(stream, paused ? 'paused' : 'running');
      const rtpPort = 20_000 + 2 * this.opened.indexOf(stream);
      const from = { segment: 's', block: 0, offset: 0 };
      return { stream, address: '127.0.0.1', rtpPort, rtcpPort: rtpPort + 1, from };
    });
  }

  async move(stream: string, peer: { readonly address: string; readonly port: number }) {
    this.moved.push({ stream, port: peer.port });
  }

  async gate(streams: readonly string[], paused: boolean) {
    for (const stream of streams) this.gates.set(stream, paused ? 'paused' : 'running');
    return 1_000;
  }

  async close(stream: string) {
    this.fuse.blow();
    this.gates.delete(stream);
    const counters = { packets: 100, bytes: 17_200, lost: 0, duplicates: 0, paused: 0 };
    return { counters, to: { segment: 's', block: 9, offset: 0 } };
  }
}

export class SignallingInMemory implements SessionSignalling {
  /** Thrown by the next refusal: the way to make the parent of all sessions crash. */
  readonly fuse = new Fuse();
  readonly answered = new Map<string, string>();
  readonly refused: { name: string; status: number; reason: string; retryAfterSeconds?: number }[] = [];
  readonly hungUp: string[] = [];

  async answer(dialog: string, sdp: string) {
    this.answered.set(dialog, sdp);
  }

  refuse(dialog: string, status: number, reason: string, retryAfterSeconds?: number) {
    this.fuse.blow();
    this.refused.push({
      name: dialog,
      status,
      reason,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }

  async answerReInvite(request: string, sdp: string) {
    this.answered.set(request, sdp);
  }

  refuseReInvite(request: string, status: number, reason: string) {
    this.refused.push({ name: request, status, reason });
  }

  async hangUp(dialog: string) {
    this.hungUp.push(dialog);
  }
}

/** Finishes at once, unless it is `held`: then when it is let go. */
export class FinisherInMemory implements SessionFinisher {
  readonly finished: Take[] = [];
  held = false;
  readonly #waiting: (() => void)[] = [];

  async finish(session: SessionState): Promise<FinishedTake> {
    if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.finished.push(takeOf(session));
    return { folder: `recordings/${session.take}` };
  }

  letGo(): void {
    this.held = false;
    for (const go of this.#waiting.splice(0)) go();
  }
}
