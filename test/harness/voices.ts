// Plays the voices of recording clients as their SIPp scenarios ask for, from the test's own process: SIPp can send to the first
// m-line of an offer only, and a process for each voice would be late on a busy machine.
//
// A scenario asks by a line in a file: <address> (<from port> <to port> <voice>)…
// A port is a sender with one SSRC: after silence its sequence numbers go on, and its timestamps by as much as time has passed.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './processes.ts';

const payloadBytes = 160;
const packetMs = 20;
const lookMs = 10;

/** A running player. */
export interface Voices {
  /** Where lines go. */
  readonly file: string;
  /** So many ports to speak from; nobody else can take them. */
  ports(count: number): Promise<number[]>;
  close(): Promise<void>;
}

/** Starts a player. `audio` is PCMU by the name of the voice. */
export function startVoices(audio: Readonly<Record<string, Buffer>>): Voices {
  const folder = temporaryFolder('voices');
  const file = join(folder.path, 'asked');
  writeFileSync(file, '');
  let read = 0;
  const senders = new Map<number, Sender>();
  const speaking = new Set<Speaker>();
  const timer = setInterval(() => {
    const text = readFileSync(file, 'utf8');
    const lines = text.slice(read, text.lastIndexOf('\n') + 1);
    read += lines.length;
    for (const line of lines.split('\n').filter((one) => one !== '')) {
      for (const speaker of speakersOf(line, audio, senders)) speaking.add(speaker);
    }
    for (const speaker of speaking) if (!speaker.sendDue()) speaking.delete(speaker);
  }, lookMs);
  return {
    file,
    async ports(count) {
      const opened = await Promise.all(Array.from({ length: count }, Sender.open));
      for (const sender of opened) senders.set(sender.port, sender);
      return opened.map(({ port }) => port);
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...senders.values()].map((sender) => sender.close()));
      folder.remove();
    },
  };
}

function speakersOf(
  line: string,
  audio: Readonly<Record<string, Buffer>>,
  senders: ReadonlyMap<number, Sender>,
): Speaker[] {
  const [address, ...rest] = line.split(' ');
  return Array.from({ length: Math.floor(rest.length / 3) }, (_, index) => {
    const [from, to, voice] = rest.slice(3 * index, 3 * index + 3);
    return new Speaker(senders.get(Number(from))!, { address: address!, port: Number(to) }, audio[voice!]!);
  });
}

type Target = { readonly address: string; readonly port: number };

/** A port of the client, whoever speaks from it. */
class Sender {
  readonly port: number;
  readonly #socket: Socket;
  readonly #ssrc: number;
  readonly #startedMs = performance.now();
  #sequence = 0;

  private constructor(socket: Socket) {
    this.port = socket.address().port;
    this.#socket = socket;
    this.#ssrc = 0x5150_0000 + this.port;
  }

  static async open(): Promise<Sender> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Sender(socket);
  }

  /** Ticks of now, in whole packets. */
  get ticks(): number {
    return Math.floor((performance.now() - this.#startedMs) / packetMs) * payloadBytes;
  }

  send(payload: Buffer, ticks: number, to: Target, isFirst: boolean): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = isFirst ? 0x80 : 0;
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    header.writeUInt32BE(ticks >>> 0, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    this.#socket.send([header, payload], to.port, to.address);
  }

  async close(): Promise<void> {
    const end = once(this.#socket, 'close');
    this.#socket.close();
    await end;
  }
}

class Speaker {
  readonly #sender: Sender;
  readonly #to: Target;
  readonly #audio: Buffer;
  readonly #startTicks: number;
  readonly #startedMs = performance.now();
  #sent = 0;

  constructor(sender: Sender, to: Target, audio: Buffer) {
    this.#sender = sender;
    this.#to = to;
    this.#audio = audio;
    this.#startTicks = sender.ticks;
  }

  /** Sends what is due; false when all is said. */
  sendDue(): boolean {
    const packets = Math.floor(this.#audio.length / payloadBytes);
    const due = Math.min(packets, Math.floor((performance.now() - this.#startedMs) / packetMs) + 1);
    for (; this.#sent < due; this.#sent += 1) {
      const payload = this.#audio.subarray(this.#sent * payloadBytes, (this.#sent + 1) * payloadBytes);
      this.#sender.send(payload, this.#startTicks + this.#sent * payloadBytes, this.#to, this.#sent === 0);
    }
    return this.#sent < packets;
  }
}
