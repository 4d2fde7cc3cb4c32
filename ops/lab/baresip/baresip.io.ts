// A phone that is not ours: the program baresip (Debian: baresip-core). It registers a number, takes every call at once, and says one
// tone. A process of its own in a folder of its own; never needed, used where it is there.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toneSamples } from '#ops/lab/hearing';
import { freePort } from '#ops/start';
import { TwinreelError } from '#src/errors';
import { wavHeader } from '#src/media';
import { type Clock, systemClock } from '#src/ports';

export interface BaresipOptions {
  readonly number: string;
  /** Where it registers, and calls numbers. */
  readonly server: { readonly address: string; readonly port: number };
  /** What it says. */
  readonly frequencyHz: number;
  readonly clock?: Clock;
}

const program = 'baresip';
/** As Debian has it. */
const modulesFolder = '/usr/lib/baresip/modules';
const address = '127.0.0.1';
const registeredMsMax = 10_000;
const endMsMax = 2_000;
/** Longer than any scenario talks. */
const saysMs = 120_000;
const sampleRateHz = 8_000;
/** Of what it prints, characters. */
const lastWordsMax = 4_096;

export class Baresip {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #controlPort: number;
  readonly #server: BaresipOptions['server'];
  readonly #clock: Clock;

  private constructor(
    child: ChildProcess,
    folder: string,
    controlPort: number,
    { server, clock = systemClock }: BaresipOptions,
  ) {
    this.#clock = clock;
    this.#child = child;
    this.#folder = folder;
    this.#controlPort = controlPort;
    this.#server = server;
  }

  static isInstalled(): Promise<boolean> {
    return new Promise((resolve) => {
      execFile(program, ['-h'], (error) => resolve((error as NodeJS.ErrnoException | null)?.code !== 'ENOENT'));
    });
  }

  /** Resolves when it has registered. Rejects with `scenario-impossible`. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const { number, server, frequencyHz, clock = systemClock } = options;
    const folder = await mkdtemp(join(tmpdir(), 'twinreel-baresip-'));
    const controlPort = await freePort();
    const saysFile = join(folder, 'says.wav');
    await writeFile(saysFile, toneWav(frequencyHz));
    await writeFile(join(folder, 'config'), configOf({ sipPort: await freePort(), controlPort, saysFile }));
    const account = `<sip:${number}@${server.address}:${server.port}>;regint=60;answermode=auto;audio_codecs=PCMU\n`;
    await writeFile(join(folder, 'accounts'), account);
    const child = spawn(program, ['-f', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    const phone = new Baresip(child, folder, controlPort, options);
    try {
      await registered(child, clock);
    } catch (error) {
      await phone.close();
      throw error;
    }
    return phone;
  }

  /** Calls a number. */
  async call(number: string): Promise<void> {
    const { address: host, port } = this.#server;
    const command = JSON.stringify({ command: 'dial', params: `sip:${number}@${host}:${port}` });
    const control = createConnection(this.#controlPort, address);
    await once(control, 'connect');
    // A netstring; what is answered to it is told by the call that comes.
    control.write(`${Buffer.byteLength(command)}:${command},`);
    await once(control, 'data');
    control.destroy();
  }

  /** Hangs up, takes its registration back, and is gone. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const timer = this.#clock.after(endMsMax, () => this.#child.kill('SIGKILL'));
      await ended;
      timer.cancel();
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Rejects with the last words of a program that does not register. */
async function registered(child: ChildProcess, clock: Clock): Promise<void> {
  let said = '';
  const end = new AbortController();
  const timer = clock.after(registeredMsMax, () => end.abort());
  child.once('error', () => end.abort());
  child.once('exit', () => end.abort());
  try {
    await new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer) => {
        said = (said + text).slice(-lastWordsMax);
        if (said.includes(' 200 OK ')) resolve();
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      end.signal.addEventListener('abort', () => {
        const lastWords = said.trim().split('\n').at(-1);
        reject(new TwinreelError('scenario-impossible', `baresip did not register: ${lastWords}`));
      });
    });
  } finally {
    timer.cancel();
  }
}

interface Places {
  readonly sipPort: number;
  readonly controlPort: number;
  readonly saysFile: string;
}

function configOf({ sipPort, controlPort, saysFile }: Places): string {
  const lines = [
    `net_interface ${address}`,
    `sip_listen ${address}:${sipPort}`,
    `module_path ${modulesFolder}`,
    ...['module g711.so', 'module aufile.so', 'module_tmp account.so', 'module_app menu.so', 'module_app ctrl_tcp.so'],
    `ctrl_tcp_listen ${address}:${controlPort}`,
    `audio_source aufile,${saysFile}`,
    ...['ausrc_srate', 'auplay_srate'].map((name) => `${name} ${sampleRateHz}`),
    ...['ausrc_channels', 'auplay_channels'].map((name) => `${name} 1`),
  ];
  return `${lines.join('\n')}\n`;
}

function toneWav(frequencyHz: number): Buffer {
  const samples = toneSamples(frequencyHz, saysMs, sampleRateHz);
  const header = wavHeader({ sampleRateHz, channels: 1, frames: samples.length });
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}
