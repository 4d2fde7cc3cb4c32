// The recorder's end of the link to capture: connects again whenever the connection ends, tells the gates first, and has commands wait
// for a while until there is one.

import type { SessionCapture } from '#actors/session';
import type { HeldStreams } from '#actors/sessions';
import type { Gates } from '#cluster/recorder';
import { codeOf, TwinreelError } from '#src/errors';
import type { RecorderNode } from './recorder-node.ts';
import type { CaptureConnection, VirtualCapture } from './virtual-capture.ts';
import type { VirtualProcess } from './virtual-process.ts';

const [patienceMs, retryMs, ipcMs] = [2_000, 50, 0.2];

export interface CapturePortOptions {
  readonly node: RecorderNode;
  readonly process: VirtualProcess;
  readonly epoch: number;
  readonly gates: () => Gates;
  readonly onSilent: (stream: string) => void;
  readonly onHeld: (held: HeldStreams) => void;
  readonly onFenced: () => void;
}

export class CapturePort implements SessionCapture {
  readonly #options: CapturePortOptions;
  readonly #connection: CaptureConnection;
  #phase: 'away' | 'connected' | 'fenced' = 'away';
  #waiting: (() => void)[] = [];

  constructor(options: CapturePortOptions) {
    this.#options = options;
    const { process, epoch, onSilent, onFenced } = options;
    this.#connection = {
      process,
      epoch,
      silent: onSilent,
      lost: (reason) => {
        if (reason === 'fenced') {
          this.#phase = 'fenced';
          onFenced();
        } else {
          this.#phase = 'away';
          this.#connect();
        }
      },
    };
    this.#connect();
  }

  async open(streams: Parameters<SessionCapture['open']>[0], isPaused: boolean) {
    return this.#command('open', (capture) => streams.map((stream) => capture.openStream(stream, isPaused)));
  }

  async move(): Promise<void> {}

  async rekey(): Promise<void> {}

  async expect(streams: readonly string[]): Promise<void> {
    await this.#command('expect', (capture) => streams.map((stream) => capture.expect(stream)));
  }

  async gate(streams: readonly string[], isPaused: boolean): Promise<number> {
    const { process } = this.#options;
    const times = await this.#command(isPaused ? 'pause' : 'resume', (capture) =>
      streams.flatMap((stream) => capture.gateStream(stream, isPaused) ?? []),
    );
    if (times.length === 0) return process.clock.nowMs();
    const aheadMs = process.clock.nowMs() - process.clock.monotonicMs();
    return aheadMs + (isPaused ? Math.min(...times) : Math.max(...times));
  }

  async close(stream: string) {
    return this.#command('close', (capture) => capture.closeStream(stream));
  }

  #connect(): void {
    const { node, process, gates, onHeld } = this.#options;
    process.clock.after(ipcMs, () => {
      if (this.#phase !== 'away') return;
      try {
        node.capture.connect(this.#connection);
      } catch (error) {
        if (codeOf(error) === 'capture-fenced') this.#connection.lost('fenced');
        else process.clock.after(retryMs, () => this.#connect());
        return;
      }
      node.capture.gates(gates());
      this.#phase = 'connected';
      onHeld(node.capture.held());
      for (const go of this.#waiting.splice(0)) go();
    });
  }

  /** There and back; an order that is under way when capture dies may have been obeyed or not. */
  #command<Value>(what: string, obey: (capture: VirtualCapture) => Value): Promise<Value> {
    const { node, process } = this.#options;
    return new Promise((resolve, reject) => {
      const give = () => {
        const { capture } = node;
        const at = capture.process;
        const died = () => process.run(() => reject(new TwinreelError('capture-unreachable', 'capture went away')));
        at.whenDead(died);
        process.clock.after(ipcMs, () =>
          at.run(() => {
            try {
              capture.command(this.#connection, what);
              const value = obey(capture);
              process.clock.after(ipcMs, () => resolve(value));
            } catch (error) {
              reject(error);
            }
          }),
        );
      };
      if (this.#phase === 'connected') {
        give();
        return;
      }
      const patience = process.clock.after(patienceMs, () => {
        this.#waiting = this.#waiting.filter((one) => one !== go);
        reject(new TwinreelError('capture-unreachable', `capture has been away for ${patienceMs} ms`));
      });
      const go = () => {
        patience.cancel();
        give();
      };
      this.#waiting.push(go);
    });
  }
}
