// Sipwise rtpengine as Debian packages it, in user space, recording calls into pcap files: what capture is measured against.
// Bound to loopback, in a folder of its own; ended by its pid.

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TwinreelError } from '#src/errors';
import { readPcap } from '#src/media';
import { systemClock } from '#src/ports';
import { type Bencoded, decodeBencode, encodeBencode } from './bencode.ts';
import type { Tally } from './tally.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

export interface RtpengineOptions {
  readonly folder: string;
  /** RTP and RTCP ports from here on. */
  readonly portMin: number;
  readonly portMax: number;
}

const address = '127.0.0.1';
const answerMsMax = 2_000;
const upAttemptsMax = 50;
const pauseMs = 100;

export class Rtpengine {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  #lastCookie = 0;
  #calls: string[] = [];

  private constructor(folder: string, child: ChildProcess, control: Socket) {
    this.#folder = folder;
    this.#child = child;
    this.#control = control;
  }

  /** Starts it. Rejects with `rtpengine-missing` where it is not installed, with `bench-impossible` when it does not come up. */
  static async start({ folder, portMin, portMax }: RtpengineOptions): Promise<Rtpengine> {
    const control = createSocket('udp4');
    control.bind(0, address);
    await once(control, 'listening');
    const ngPort = await freePort();
    const args = ['--config-file=none', '--foreground', '--log-stderr', '--log-level=3', '--table=-1'];
    args.push(`--interface=${address}`, `--listen-ng=${address}:${ngPort}`);
    args.push(`--port-min=${portMin}`, `--port-max=${portMax}`);
    args.push(`--recording-dir=${folder}`, '--recording-method=pcap');
    const child = spawn('rtpengine', args, { stdio: 'ignore' });
    try {
      await once(child, 'spawn');
    } catch (error) {
      control.close();
      const message = `rtpengine is not installed (Debian: apt-get install rtpengine-daemon): ${messageOf(error)}`;
      throw new TwinreelError('rtpengine-missing', message);
    }
    control.connect(ngPort, address);
    await once(control, 'connect');
    control.on('error', () => {}); // refused, until it listens
    const engine = new Rtpengine(folder, child, control);
    try {
      await engine.#up();
      return engine;
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /**
   * Opens a recorded call between two peers, and gives where each of them sends. Nothing is forwarded: a recorder does not
   * either.
   */
  async open(name: string, peers: readonly [Place, Place]): Promise<readonly [Place, Place]> {
    const call = { 'call-id': name, 'from-tag': 'a' };
    const common = { ...call, ICE: 'remove', 'record call': 'on', replace: ['origin', 'session-connection'] };
    const offered = await this.#ask({ command: 'offer', ...common, sdp: sdpOf(peers[0]) });
    const answered = await this.#ask({ command: 'answer', ...common, 'to-tag': 'b', sdp: sdpOf(peers[1]) });
    await this.#ask({ command: 'block media', 'call-id': name, all: 'all' });
    this.#calls.push(name);
    return [placeIn(answered), placeIn(offered)];
  }

  /** Ends the calls, whereupon their files are whole. */
  async close(): Promise<void> {
    for (const name of this.#calls.splice(0)) {
      await this.#ask({ command: 'delete', 'call-id': name, 'delete-delay': 0 });
    }
  }

  /** Counts what the files hold. */
  count(tally: Tally): void {
    const folder = join(this.#folder, 'pcaps');
    for (const name of readdirSync(folder)) {
      const file = readFileSync(join(folder, name));
      if (file.length === 0) continue;
      for (const { bytes } of readPcap(file)) tally.count(bytes);
    }
  }

  async stop(): Promise<void> {
    this.#control.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const patience = systemClock.after(answerMsMax, () => this.#child.kill('SIGKILL'));
    await ended;
    patience.cancel();
  }

  async #up(): Promise<void> {
    for (let attempt = 0; attempt < upAttemptsMax; attempt += 1) {
      const answer = await this.#send({ command: 'ping' }, pauseMs);
      if (answer?.['result'] === 'pong') return;
      if (this.#child.exitCode !== null) break;
      await new Promise<void>((wake) => void systemClock.after(pauseMs, wake));
    }
    throw new TwinreelError('bench-impossible', `rtpengine did not come up (exit code ${this.#child.exitCode})`);
  }

  async #ask(command: Readonly<Record<string, Bencoded>>): Promise<Readonly<Record<string, Bencoded>>> {
    const answer = await this.#send(command, answerMsMax);
    if (answer?.['result'] === 'ok') return answer;
    const said = answer ? JSON.stringify(answer) : `nothing in ${answerMsMax} ms`;
    throw new TwinreelError('bench-impossible', `rtpengine answered ${said} to ${String(command['command'])}`);
  }

  // A question is a cookie and a dictionary in one datagram, its answer carries the cookie back.
  #send(command: Bencoded, waitMs: number): Promise<Readonly<Record<string, Bencoded>> | undefined> {
    this.#lastCookie += 1;
    const cookie = `${this.#lastCookie} `;
    return new Promise((settle) => {
      const hear = (bytes: Buffer) => {
        if (bytes.toString('latin1', 0, cookie.length) !== cookie) return;
        finish(decodeBencode(bytes.subarray(cookie.length)) as Readonly<Record<string, Bencoded>> | undefined);
      };
      const patience = systemClock.after(waitMs, () => finish(undefined));
      const finish = (answer: Readonly<Record<string, Bencoded>> | undefined) => {
        patience.cancel();
        this.#control.off('message', hear);
        settle(answer);
      };
      this.#control.on('message', hear);
      this.#control.send(cookie + encodeBencode(command), () => {});
    });
  }
}

function sdpOf(peer: Place): string {
  const lines = ['v=0', `o=- 1 1 IN IP4 ${peer.address}`, 's=-', `c=IN IP4 ${peer.address}`, 't=0 0'];
  return [...lines, `m=audio ${peer.port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', ''].join('\r\n');
}

function placeIn(answer: Readonly<Record<string, Bencoded>>): Place {
  const [, port] = /^m=audio (\d+) /m.exec(String(answer['sdp'])) ?? [];
  if (port === undefined) throw new TwinreelError('bench-impossible', 'rtpengine answered without an audio port');
  return { address, port: Number(port) };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
