// Sends the audio of many streams: one timer for all, one socket unless a stream is given its own. Sending must cost less
// than what it is there to measure, and it must never wait for anything the recorder does.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock, Timer } from '#src/ports';
import { slotMs } from './audio.ts';
import { type MediaPort, OutgoingStream, type SendDatagram, type StreamOptions } from './outgoing-stream.ts';

/** Sends streams until it is closed. */
export class MediaSender {
  /** The port that streams leave from unless they are given their own. */
  readonly shared: MediaPort;
  /** Packets that the kernel refused to take; the ledgers hold them all the same. */
  failures = 0;
  readonly #clock: Clock;
  readonly #sockets = new Map<MediaPort, Socket>();
  readonly #streams = new Set<OutgoingStream>();
  #timer: Timer | undefined;
  #tickDueMs = 0;

  private constructor(clock: Clock, shared: MediaPort, socket: Socket) {
    this.#clock = clock;
    this.shared = shared;
    this.#sockets.set(shared, socket);
  }

  /** A sender with its shared port on `address`. */
  static async open(address: string, clock: Clock): Promise<MediaSender> {
    const [port, socket] = await openSocket(address);
    return new MediaSender(clock, port, socket);
  }

  /** A further port on the same address; closed with the sender. What comes to it is handed to `heard`. */
  async openPort(heard?: (bytes: Buffer) => void): Promise<MediaPort> {
    const [port, socket] = await openSocket(this.shared.address, heard);
    this.#sockets.set(port, socket);
    return port;
  }

  /** Gives a further port back; streams that leave from it have to be stopped before. */
  closePort(port: MediaPort): void {
    this.#sockets.get(port)?.close();
    this.#sockets.delete(port);
  }

  /** Begins to send; the first packets leave at once, and all streams begin in the same moment however long that takes. */
  start(streams: readonly StreamOptions[]): OutgoingStream[] {
    const startMs = this.#clock.monotonicMs();
    const send: SendDatagram = (bytes, from, address, port) =>
      this.#sockets.get(from)?.send(bytes, port, address, this.#taken);
    const started = streams.map((options) => new OutgoingStream(options, startMs, send));
    for (const stream of started) {
      this.#streams.add(stream);
      this.#send(stream);
    }
    if (!this.#timer) {
      this.#tickDueMs = this.#clock.monotonicMs();
      this.#tickLater();
    }
    return started;
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    for (const stream of this.#streams) stream.stop();
    this.#streams.clear();
    await Promise.all([...this.#sockets.values()].map(closeSocket));
    this.#sockets.clear();
  }

  #tickLater(): void {
    this.#tickDueMs = Math.max(this.#tickDueMs + slotMs, this.#clock.monotonicMs());
    this.#timer = this.#clock.after(this.#tickDueMs - this.#clock.monotonicMs(), () => {
      this.#timer = undefined;
      for (const stream of this.#streams) this.#send(stream);
      if (this.#streams.size > 0) this.#tickLater();
    });
  }

  #send(stream: OutgoingStream): void {
    stream.sendDue(this.#clock.monotonicMs(), this.#clock.nowMs());
    if (stream.isOver) this.#streams.delete(stream);
  }

  readonly #taken = (error: Error | null): void => {
    if (error) this.failures += 1;
  };
}

const bufferBytes = 4 * 1024 * 1024;

/** What comes back without `heard` (receiver reports) is of no interest; unread it would only fill the buffer. */
async function openSocket(address: string, heard: (bytes: Buffer) => void = () => {}): Promise<[MediaPort, Socket]> {
  const socket = createSocket({
    type: 'udp4',
    sendBufferSize: bufferBytes,
    // Targets are addresses already; asking the resolver for each packet would cost more than the packet.
    lookup: (host, _options, found) => found(null, host, 4),
  });
  // With a resolver that answers at once, 'listening' is emitted before bind returns.
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  socket.on('message', heard);
  return [{ address, port: socket.address().port }, socket];
}

async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
