// Capture and the sockets of its node: which stretch of which stream's audio is in the journal, withheld, or nowhere. Packets are not
// sent one by one: between two changes a stream either flows into the journal or it does not.

import type { OpenedStream, StreamCounters, WantedStream } from '#actors/session';
import type { HeldStreams } from '#actors/sessions';
import type { Gates } from '#cluster/recorder';
import { TwinreelError } from '#src/errors';
import type { Position } from '#src/journal';
import type { Dialog } from './media-server.ts';
import type { RecorderNode } from './recorder-node.ts';
import { VirtualProcess } from './virtual-process.ts';

/** A stretch of true time. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where what arrives goes. */
type Fate = 'nowhere' | 'kernel' | 'journal' | 'withheld' | 'gate';

/** A socket, held by keeper, and what its note says. */
interface Socket {
  readonly stream: string;
  readonly rtpPort: number;
  readonly from: Position;
  gate: 'running' | 'paused' | 'withheld';
  sender?: Dialog | undefined;
  /** What arrived while nobody read. */
  kernel: Span[];
  fate: Fate;
  sinceMs: number;
  silentSinceMs: number;
  withheldSinceMs?: number;
}

/** What stands in the journal of a stream. */
interface Written {
  readonly stream: string;
  journal: Span[];
  withheld: Span[];
}

export interface CaptureConnection {
  readonly process: VirtualProcess;
  readonly epoch: number;
  silent(stream: string): void;
  lost(reason: 'fenced' | 'closed'): void;
}

const packetMs = 20;
/** A block that was not yet written when the process was killed. */
const blockMs = 16;
/** What a socket keeps while nobody reads it. */
const kernelMsMax = 1_000;

export class VirtualCapture {
  readonly #node: RecorderNode;
  readonly #sockets = new Map<string, Socket>();
  readonly #written = new Map<string, Written>();
  #process: VirtualProcess;
  #connection: CaptureConnection | undefined;
  #epochMax = 0;
  #ports = 20_000;
  #incarnation = 1;

  constructor(node: RecorderNode) {
    this.#node = node;
    this.#process = this.#begin();
    node.host.world.onWays(() => this.#touchAll());
  }

  get process(): VirtualProcess {
    return this.#process;
  }

  /** Streams whose sender has stopped, by when it did. */
  get abandoned(): readonly (readonly [stream: string, sinceMs: number])[] {
    return [...this.#sockets.values()]
      .filter(({ sender }) => sender?.phase === 'over')
      .map(({ stream, silentSinceMs }) => [stream, silentSinceMs]);
  }

  get open(): readonly string[] {
    return [...this.#sockets.keys()];
  }

  /** What is in the journal of a stream, in order. */
  spansOf(stream: string): readonly Span[] {
    this.#touch(this.#sockets.get(stream));
    return this.#written.get(stream)?.journal ?? [];
  }

  /** Capture alone dies: keeper holds the sockets and starts it again. */
  kill(restartMs: number): void {
    const { world } = this.#node.host;
    this.#touchAll();
    this.#process.kill();
    this.#loseUnwritten(world.between(0, blockMs));
    if (world.isPlanted('sockets-die-with-capture')) {
      for (const socket of this.#sockets.values()) socket.sender = undefined;
    }
    this.#lose('closed');
    this.#touchAll();
    world.after(restartMs, () => this.restart());
  }

  /** The machine, or keeper: its sockets are gone. `unsyncedMs`: what the journal loses with the power. */
  die(unsyncedMs: number): void {
    this.#touchAll();
    this.#process.kill();
    this.#loseUnwritten(Math.max(unsyncedMs, blockMs));
    this.#sockets.clear();
    this.#lose('closed');
  }

  restart(): void {
    if (this.#process.phase !== 'dead' || this.#node.host.phase !== 'up') return;
    this.#incarnation += 1;
    this.#process = this.#begin();
    const { world } = this.#node.host;
    for (const socket of this.#sockets.values()) {
      if (socket.gate === 'paused' && world.isPlanted('note-of-pause-lost')) socket.gate = 'running';
    }
    this.#touchAll();
  }

  /** A recorder connects; the last one is fenced. Throws `capture-fenced` when a newer one has been here. */
  connect(connection: CaptureConnection): void {
    if (this.#process.phase !== 'running') throw new TwinreelError('capture-unreachable', 'capture does not listen');
    if (connection.epoch < this.#epochMax) throw new TwinreelError('capture-fenced', `${this.#epochMax} commands here`);
    this.#epochMax = connection.epoch;
    this.#lose('fenced');
    this.#connection = connection;
    connection.process.whenDead(() => {
      if (this.#connection === connection) this.#lose('closed');
    });
  }

  /** What is known of pauses: whatever nobody names stays withheld. */
  gates({ paused, running }: Gates): void {
    const { world } = this.#node.host;
    for (const stream of paused) {
      const socket = this.#sockets.get(stream);
      if (!socket) continue;
      if (world.isPlanted('gates-told-as-running')) this.#release(socket);
      else this.#shred(socket);
    }
    for (const stream of running) {
      const socket = this.#sockets.get(stream);
      if (socket) this.#release(socket);
    }
  }

  held(): HeldStreams {
    const streams = [...this.#sockets.values()].map(
      ({ stream, silentSinceMs }) => [stream, this.#isSilent(silentSinceMs) ? 'silent' : 'heard'] as const,
    );
    return { streams: new Map(streams), at: this.#position() };
  }

  /** Throws `capture-fenced` unless this connection commands here. */
  command(connection: CaptureConnection, what: string): void {
    if (connection === this.#connection) return;
    if (this.#node.host.world.isPlanted('epoch-ignored') && this.#process.phase === 'running') {
      if (connection.epoch < this.#epochMax)
        this.#node.host.world.breach(
          'epochs',
          `capture of ${this.#node.host.name} obeyed '${what}' of epoch ${connection.epoch} after ${this.#epochMax}`,
        );
      return;
    }
    throw new TwinreelError('capture-fenced', 'another recorder commands here, or none');
  }

  openStream({ stream }: WantedStream, isPaused: boolean): OpenedStream {
    const known = this.#sockets.get(stream);
    const { world, name } = this.#node.host;
    const socket: Socket = known ?? {
      stream,
      rtpPort: this.#nextPort(),
      from: this.#position(),
      gate: 'running',
      kernel: [],
      fate: 'nowhere',
      sinceMs: world.nowMs,
      silentSinceMs: world.nowMs,
    };
    this.#sockets.set(stream, socket);
    this.#written.set(stream, this.#written.get(stream) ?? { stream, journal: [], withheld: [] });
    if (!known && isPaused) socket.gate = 'paused';
    if (!known) this.#watchSilence(socket);
    return { stream, address: name, rtpPort: socket.rtpPort, rtcpPort: socket.rtpPort + 1, from: socket.from };
  }

  /** Gives the moment from which on it is paused, or runs. */
  gateStream(stream: string, isPaused: boolean): number | undefined {
    const socket = this.#sockets.get(stream);
    if (!socket) return undefined;
    const { world } = this.#node.host;
    if (!isPaused) this.#release(socket);
    else if (world.isPlanted('pause-behind-the-journal')) world.after(500, () => this.#shred(socket));
    else {
      if (world.isPlanted('gate-opens-by-itself')) world.after(2_000, () => this.#release(socket));
      return this.#shred(socket);
    }
    return world.nowMs;
  }

  closeStream(stream: string): { readonly counters: StreamCounters; readonly to: Position } {
    const socket = this.#sockets.get(stream);
    if (socket) {
      this.#shredWithheld(socket);
      this.#touch(socket);
      if (!this.#node.host.world.isPlantedEvery('stream-stays-open', 3)) this.#sockets.delete(stream);
    }
    const spans = this.#written.get(stream)?.journal ?? [];
    const packets = packetsOf(spans);
    return { counters: { packets, bytes: packets * 172, lost: 0, duplicates: 0, paused: 0 }, to: this.#position() };
  }

  /** Audio comes to the port that an answer named. */
  heard(dialog: Dialog): void {
    const socket = [...this.#sockets.values()].find(({ rtpPort }) => rtpPort === dialog.rtpPort);
    if (!socket) return;
    socket.sender = dialog;
    this.#touch(socket);
  }

  fellSilent(dialog: Dialog): void {
    for (const socket of this.#sockets.values()) {
      if (socket.sender !== dialog) continue;
      this.#touch(socket);
    }
  }

  expect(stream: string): void {
    const socket = this.#sockets.get(stream);
    if (socket) socket.silentSinceMs = this.#node.host.world.nowMs;
  }

  #begin(): VirtualProcess {
    return new VirtualProcess(this.#node.host, `capture.${this.#incarnation}`);
  }

  #nextPort(): number {
    this.#ports += 2;
    return this.#ports;
  }

  #position(): Position {
    return {
      segment: `capture-${String(this.#incarnation).padStart(6, '0')}`,
      block: Math.floor(this.#node.host.world.nowMs),
      offset: 0,
    };
  }

  /** The connection is gone: nobody can say whether a pause was asked for. */
  #lose(reason: 'fenced' | 'closed'): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (!connection) return;
    for (const socket of this.#sockets.values()) if (socket.gate === 'running') this.#withhold(socket);
    // Whoever was stopped has other things to do before it reads.
    connection.process.run(() => connection.process.clock.after(1, () => connection.lost(reason)));
  }

  #withhold(socket: Socket): void {
    this.#touch(socket);
    socket.gate = 'withheld';
    socket.withheldSinceMs = this.#node.host.world.nowMs;
    this.#touch(socket);
  }

  #release(socket: Socket): void {
    this.#touch(socket);
    const written = this.#written.get(socket.stream)!;
    for (const span of written.withheld.splice(0)) this.#write(socket, span);
    socket.gate = 'running';
    this.#touch(socket);
  }

  /** Pauses; what was withheld is gone, and the pause counts from then. */
  #shred(socket: Socket): number {
    this.#touch(socket);
    const sinceMs = socket.gate === 'withheld' ? socket.withheldSinceMs! : this.#node.host.world.nowMs;
    this.#shredWithheld(socket);
    socket.gate = 'paused';
    this.#touch(socket);
    return sinceMs;
  }

  #shredWithheld(socket: Socket): void {
    this.#touch(socket);
    this.#written.get(socket.stream)!.withheld = [];
  }

  #touchAll(): void {
    for (const socket of this.#sockets.values()) this.#touch(socket);
  }

  /** What came since the last change goes where it belonged; from now on it goes where it belongs now. */
  #touch(socket: Socket | undefined): void {
    if (!socket) return;
    const { world } = this.#node.host;
    const span = { fromMs: socket.sinceMs, toMs: world.nowMs };
    if (socket.fate !== 'nowhere') socket.silentSinceMs = world.nowMs;
    if (socket.fate === 'journal') this.#write(socket, span);
    if (socket.fate === 'withheld') this.#written.get(socket.stream)!.withheld.push(span);
    if (socket.fate === 'kernel') socket.kernel = bounded([...socket.kernel, span]);
    if (this.#process.phase === 'running') {
      for (const kept of socket.kernel.splice(0)) {
        if (socket.gate === 'running') this.#write(socket, kept);
        if (socket.gate === 'withheld') this.#written.get(socket.stream)!.withheld.push(kept);
      }
    }
    socket.fate = this.#fateOf(socket);
    socket.sinceMs = world.nowMs;
  }

  #fateOf({ sender, gate }: Socket): Fate {
    const { host, media } = this.#node;
    if (sender?.phase !== 'up' || !host.world.network.reaches(media.host, host)) return 'nowhere';
    if (this.#process.phase !== 'running') return 'kernel';
    return gate === 'running' ? 'journal' : gate === 'withheld' ? 'withheld' : 'gate';
  }

  #write(socket: Socket, span: Span): void {
    if (span.toMs <= span.fromMs) return;
    this.#written.get(socket.stream)!.journal.push(span);
    if (socket.sender) this.#node.ledger.written(socket.sender, this.#node.host.name, span);
  }

  #loseUnwritten(ms: number): void {
    const nowMs = this.#node.host.world.nowMs;
    for (const { stream } of this.#sockets.values()) {
      const written = this.#written.get(stream)!;
      const cut = (spans: readonly Span[]) =>
        spans
          .map(({ fromMs, toMs }) => ({ fromMs, toMs: Math.min(toMs, nowMs - ms) }))
          .filter(({ fromMs, toMs }) => toMs > fromMs);
      written.journal = cut(written.journal);
      written.withheld = cut(written.withheld);
    }
  }

  #isSilent(sinceMs: number): boolean {
    return this.#node.host.world.nowMs - sinceMs >= this.#node.silenceMsMax;
  }

  #watchSilence(socket: Socket): void {
    const { world } = this.#node.host;
    world.after(this.#node.silenceMsMax, () => {
      if (this.#sockets.get(socket.stream) !== socket) return;
      this.#touch(socket);
      if (socket.fate !== 'nowhere') socket.silentSinceMs = world.nowMs;
      const connection = this.#connection;
      if (this.#isSilent(socket.silentSinceMs) && connection && this.#process.phase === 'running')
        connection.process.run(() => connection.silent(socket.stream));
      this.#watchSilence(socket);
    });
  }
}

/** As much as a socket keeps: what comes when it is full is lost. */
function bounded(spans: readonly Span[]): Span[] {
  let leftMs = kernelMsMax;
  return spans.flatMap(({ fromMs, toMs }) => {
    const keptMs = Math.min(leftMs, toMs - fromMs);
    leftMs -= keptMs;
    return keptMs > 0 ? [{ fromMs, toMs: fromMs + keptMs }] : [];
  });
}

/** How many packets a stretch of audio is. */
export function packetsOf(spans: readonly Span[]): number {
  return Math.round(spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / packetMs);
}
