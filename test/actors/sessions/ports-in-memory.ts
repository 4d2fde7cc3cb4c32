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
import { TwinreelError } from '#src/errors';
import type { SrtpKey } from '#src/media/srtp';
import type { Take } from '#src/recording';

/** Throws or rejects what it was loaded with, once. */
class Fuse {
  #error: Error | undefined;

  load(): void {
    this.#error = new Error('as the test wanted');
  }

  unload(): void {
    this.#error = undefined;
  }

  blow(): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
  }
}

export class FactsInMemory implements SessionFacts {
  /** Blown before the facts are written. */
  readonly fuse = new Fuse();
  /** Blown when they are: whoever wrote them dies knowing nothing of it. */
  readonly fuseOnceWritten = new Fuse();
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
    this.fuseOnceWritten.blow();
  }

  #written: Promise<void> | undefined;

  /** What follows waits from now on, as until a block is written; gives back what ends that. */
  hold(): () => void {
    let release = () => {};
    this.#written = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#written = undefined;
      release();
    };
  }

  written(): Promise<void> | undefined {
    return this.#written;
  }

  /** Refuses to be durable when it blows. */
  readonly disk = new Fuse();

  async durable() {
    this.disk.blow();
  }

  forget(take: string): void {
    this.#byTake.delete(take);
  }
}

/** Of every sealed stream. */
export const ownKey = Buffer.alloc(30, 7);

export class CaptureInMemory implements SessionCapture {
  readonly fuse = new Fuse();
  /** Streams that are open, with their gate. */
  readonly gates = new Map<string, 'running' | 'paused'>();
  /** Every stream that was ever opened, as often as it was. */
  readonly opened: string[] = [];
  readonly moved: { stream: string; port: number }[] = [];
  readonly expected: string[] = [];
  /** What each sealed stream was told last that it is sealed with. */
  readonly keys = new Map<string, string>();

  async open(streams: Parameters<SessionCapture['open']>[0], paused: boolean) {
    this.fuse.blow();
    return streams.map(({ stream, srtp }) => {
      if (srtp) this.keys.set(stream, srtp.keyAndSalt);
      if (!this.gates.has(stream)) this.opened.push(stream);
      this.gates.set(stream, paused ? 'paused' : 'running');
      const rtpPort = 20_000 + 2 * this.opened.indexOf(stream);
      const from = { segment: 's', block: 0, offset: 0 };
      return {
        stream,
        address: '127.0.0.1',
        rtpPort,
        rtcpPort: rtpPort + 1,
        from,
        ...(srtp && { ownKey: ownKey.toString('base64') }),
      };
    });
  }

  async move(stream: string, peer: { readonly address: string; readonly port: number }) {
    this.moved.push({ stream, port: peer.port });
  }

  async expect(streams: readonly string[]) {
    this.expected.push(...streams);
  }

  async rekey(stream: string, { keyAndSalt }: SrtpKey) {
    this.fuse.blow();
    this.keys.set(stream, keyAndSalt);
  }

  readonly gateFuse = new Fuse();
  #standstill: Promise<void> | undefined;

  /** Gates are left as they are from now on; gives back what ends that. */
  stop(): () => void {
    let goOn = () => {};
    this.#standstill = new Promise((resolve) => {
      goOn = resolve;
    });
    return () => {
      this.#standstill = undefined;
      goOn();
    };
  }

  async gate(streams: readonly string[], paused: boolean) {
    await this.#standstill;
    this.gateFuse.blow();
    for (const stream of streams) this.gates.set(stream, paused ? 'paused' : 'running');
    return 1_000;
  }

  async close(stream: string) {
    this.fuse.blow();
    this.gates.delete(stream);
    const sealed = this.keys.has(stream) ? { unauthenticated: 3, replayed: 2 } : {};
    const counters = { packets: 100, bytes: 17_200, lost: 0, duplicates: 0, paused: 0, ...sealed };
    return { counters, to: { segment: 's', block: 9, offset: 0 } };
  }
}

export interface Refused {
  readonly name: string;
  readonly status: number;
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

export class SignallingInMemory implements SessionSignalling {
  /** Thrown by the next refusal: the way to make the parent of all sessions crash. */
  readonly fuse = new Fuse();
  /** INVITEs and re-INVITEs without a final response, by dialog or transaction. */
  readonly waiting = new Set<string>();
  readonly answered = new Map<string, string>();
  readonly refused: Refused[] = [];
  /** Dialogs that the edge does not know. */
  readonly unknown = new Set<string>();
  readonly byesAnswered: string[] = [];
  readonly hungUp: string[] = [];
  readonly askedForSnapshot: string[] = [];
  /** Of streams, each time that was told. */
  readonly rooms: number[] = [];

  room(streams: number) {
    this.rooms.push(streams);
  }

  async answer(dialog: string, sdp: string) {
    this.#answer(dialog, sdp);
  }

  refuse(dialog: string, status: number, reason: string, retryAfterSeconds?: number) {
    const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    this.#refuse({ name: dialog, status, reason, ...retry });
  }

  async answerReInvite(request: string, sdp: string) {
    this.#answer(request, sdp);
  }

  refuseReInvite(request: string, status: number, reason: string) {
    this.#refuse({ name: request, status, reason });
  }

  async stands(dialog: string) {
    return !this.unknown.has(dialog);
  }

  answerBye(request: string) {
    this.byesAnswered.push(request);
  }

  async hangUp(dialog: string) {
    this.hungUp.push(dialog);
  }

  async requestSnapshot(dialog: string) {
    this.askedForSnapshot.push(dialog);
  }

  #answer(name: string, sdp: string): void {
    if (!this.waiting.delete(name)) throw new TwinreelError('dialog-gone', `${name} does not wait any more`);
    this.answered.set(name, sdp);
  }

  #refuse(refused: Refused): void {
    this.fuse.blow();
    if (this.waiting.delete(refused.name)) this.refused.push(refused);
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
    const packets = Object.fromEntries(
      [...session.streams].map(([id, { closed }]) => [id, closed?.counters.packets ?? 0]),
    );
    return { folder: `recordings/${session.take}`, packets };
  }

  letGo(): void {
    this.held = false;
    for (const go of this.#waiting.splice(0)) go();
  }
}
