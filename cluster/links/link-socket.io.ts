// One end of a link: frames both ways over a stream, a ping whenever the other end might think that we are gone, and the end
// of the connection when it is gone itself, floods us, or does not read. Knows nothing of what is said.

import type { Socket } from 'node:net';
import { messageOf } from '#src/errors';
import { encodeFrame, FrameReader } from '#src/frames';
import type { Clock, Timer } from '#src/ports';
import { linkFrameBytesMax } from './link.schema.ts';

export interface LinkSocketOptions {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly beatMs: number;
  /** Beats without a word after which the other end counts as gone. */
  readonly missedMax: number;
  /** Made anew for each beat. */
  readonly ping: () => object;
  /** A value that came; what is thrown ends the link, and is why. */
  readonly onValue: (value: unknown) => void;
  /** Called once. */
  readonly onEnd: (why: string) => void;
}

/** A peer that lets this much lie unread is not reading. */
const backlogBytesMax = 64 * 2 ** 20;

export class LinkSocket {
  readonly #options: LinkSocketOptions;
  #heardMs: number;
  #beat: Timer;
  #phase: 'open' | 'ended' = 'open';

  constructor(options: LinkSocketOptions) {
    this.#options = options;
    const { socket, clock } = options;
    const frames = new FrameReader(linkFrameBytesMax);
    this.#heardMs = clock.monotonicMs();
    this.#beat = this.#nextBeat();
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#heardMs = clock.monotonicMs();
      try {
        for (const value of frames.push(bytes)) if (this.#phase === 'open') options.onValue(value);
      } catch (error) {
        this.end(messageOf(error));
      }
    });
    socket.on('error', (error) => this.end(messageOf(error)));
    socket.on('close', () => this.end('the connection was closed'));
  }

  send(value: object): void {
    const { socket } = this.#options;
    if (this.#phase === 'ended') return;
    if (socket.writableLength > backlogBytesMax) this.end(`more than ${backlogBytesMax} bytes lie unread`);
    else socket.write(encodeFrame(value));
  }

  /** Says what is still to be said, and closes. */
  end(why: string): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#beat.cancel();
    this.#options.socket.end();
    this.#options.socket.destroySoon();
    this.#options.onEnd(why);
  }

  #nextBeat(): Timer {
    const { clock, beatMs, missedMax, ping } = this.#options;
    return clock.after(beatMs, () => {
      if (clock.monotonicMs() - this.#heardMs > beatMs * missedMax) {
        this.end(`nothing was heard for ${missedMax} beats of ${beatMs} ms`);
        return;
      }
      this.#beat = this.#nextBeat();
      this.send(ping());
    });
  }
}
