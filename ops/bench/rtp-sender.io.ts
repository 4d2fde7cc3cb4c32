// The sender of a media bench: sender.c, compiled where it is needed, and what it says.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from '#ops/start';
import { messageOf, TwinreelError } from '#src/errors';

/** Where one stream goes, and from which loopback address. */
export interface SentStream {
  readonly address: string;
  readonly port: number;
  readonly from: string;
}

export interface SentLedger {
  /** Packets of each stream. */
  readonly sent: readonly number[];
  /** Packets between `onWarm` and `onEnd`. */
  readonly measured: number;
  /** The longest that a packet left after its time. */
  readonly lateMsMax: number;
}

const source = resolve(root, 'ops/bench/sender.c');

/** Compiles the sender into a folder. Rejects with `bench-impossible` where there is no compiler. */
export async function compileSender(folder: string): Promise<string> {
  const program = join(folder, 'sender');
  try {
    await promisify(execFile)('cc', ['-O2', '-o', program, source]);
  } catch (error) {
    const message = `the sender cannot be compiled (Debian: apt-get install gcc libc6-dev): ${messageOf(error)}`;
    throw new TwinreelError('bench-impossible', message);
  }
  return program;
}

/** A started sender: it has its port and waits for its streams. */
export class RtpSender {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, port: number) {
    this.#child = child;
    this.#lines = lines;
    this.port = port;
  }

  static async start(program: string, seconds: number, warmSeconds: number): Promise<RtpSender> {
    const child = spawn(program, [String(seconds), String(warmSeconds)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const [port] = numbers(await lines.next(), 'port');
    return new RtpSender(child, lines, port!);
  }

  /** The address that stream `index` comes from: each its own, all of loopback. */
  static addressOf(index: number): string {
    return `127.1.${index >> 8}.${index & 0xff}`;
  }

  /** Sends them all to the end. */
  async send(streams: readonly SentStream[], onWarm: () => void, onEnd: () => void): Promise<SentLedger> {
    this.#child.stdin!.end(streams.map(({ address, port, from }) => `${address} ${port} ${from}\n`).join(''));
    const [warm] = numbers(await this.#lines.next(), 'warm');
    onWarm();
    const [all, lateMsMax] = numbers(await this.#lines.next(), 'end');
    onEnd();
    const sent = numbers(await this.#lines.next(), 'ledger');
    return { sent, measured: all! - warm!, lateMsMax: lateMsMax! };
  }

  /** Ends it, wherever it is. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

function numbers(line: IteratorResult<string>, wanted: string): number[] {
  const [word, ...figures] = line.done ? [] : line.value.split(' ');
  if (word !== wanted) throw new TwinreelError('bench-impossible', `the sender said ${word} instead of ${wanted}`);
  return figures.map(Number);
}
