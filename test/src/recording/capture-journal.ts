// A capture journal on the disk, written as capture writes it, for recordings to be finished from; and the takes to finish.

import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Journal, type JournalFiles, type Position, systemFiles } from '#src/journal';
import { buildRtp } from '#src/media';
import { seededRandom, VirtualClock } from '#src/ports';
import type { FinishOptions, Take, TakeStream } from '#src/recording';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';

export { journalKeys };
export const signingKeys = generateKeyPairSync('ed25519');

const writer = 'capture';
const packetMs = 20;
const startedMs = Date.UTC(2026, 0, 1);

export interface Spoken {
  readonly party: string;
  readonly packets: number;
  /** Sequence numbers that never came. */
  readonly lost?: readonly number[];
}

/** A node's capture journal and where its recordings go; all removed after the test. */
export class CaptureJournal {
  readonly journalDir: string;
  readonly recordingsDir: string;
  readonly files: JournalFiles;
  readonly clock = new VirtualClock(startedMs);
  /** Packets of each stream after which another segment is begun. */
  segmentPackets = Number.POSITIVE_INFINITY;
  #journal: Journal;
  #streams = 0;
  /** Streams that run, by number. */
  #running = new Map<number, string>();

  /** On the disk of this machine, or on one in memory. */
  constructor(files: JournalFiles = systemFiles) {
    this.files = files;
    const folder = files === systemFiles ? temporaryFolder('recording') : { path: '/node', remove: () => {} };
    onTestFinished(() => folder.remove());
    this.journalDir = join(folder.path, 'journal');
    this.recordingsDir = join(folder.path, 'recordings');
    this.#journal = this.#open();
    onTestFinished(() => this.#journal.close());
  }

  /** What finishing needs to know of this node. */
  get options(): FinishOptions {
    return {
      journalDir: this.journalDir,
      journalWriter: writer,
      recordingsDir: this.recordingsDir,
      privateKey: journalKeys.privateKey,
      publicKey: journalKeys.publicKey,
      signingKey: signingKeys.privateKey,
      packetsMin: 40,
      clock: this.clock,
      random: seededRandom(2),
      files: this.files,
    };
  }

  /** Where the next block will stand. */
  get position(): Position {
    return this.#journal.position;
  }

  /** One call, captured: its streams run beside each other, packet by packet. Every payload tells stream and sequence number. */
  call(name: string, ...voices: readonly Spoken[]): Take {
    const from = this.#journal.position;
    const streams = voices.map((voice) => ({
      ...voice,
      stream: `${name}-${voice.party}`,
      number: this.#begin(name, voice.party),
    }));
    const longest = Math.max(0, ...voices.map((voice) => voice.packets));
    for (let sequence = 0; sequence < longest; sequence += 1) {
      if (sequence > 0 && sequence % this.segmentPackets === 0) this.#journal.rotate();
      this.clock.advance(packetMs);
      for (const { stream, number, packets, lost = [] } of streams) {
        if (sequence >= packets || lost.includes(sequence)) continue;
        const payload = Buffer.alloc(160, `${stream} ${sequence};`);
        const fields = { payloadType: 0, sequence, timestamp: sequence * 160, ssrc: number };
        this.#journal.append('rtp', number, this.clock.nowMs() * 1_000, buildRtp(fields, payload));
      }
    }
    this.#journal.flush();
    this.#running.clear();
    const to = this.#journal.position;
    return this.#take(
      name,
      longest,
      streams.map(({ stream, party }) => takeStream(stream, name, party, from, to)),
    );
  }

  /**
   * One call of one party, whose packets `elsewhere` came from another port than the peer's and were kept apart. `fact` is
   * what capture said of that port after them, if anything.
   */
  foreign(name: string, elsewhere: readonly number[], fact?: 'promoted' | 'moved'): Take {
    const from = this.#journal.position;
    const [number, packets] = [this.#begin(name, '1'), 100];
    const sinceMs = this.clock.nowMs();
    const source = { address: '10.0.0.9', port: 4_002 };
    const last = Math.max(...elsewhere);
    for (let sequence = 0; sequence < packets; sequence += 1) {
      this.clock.advance(packetMs);
      const fields = { payloadType: 0, sequence, timestamp: sequence * 160, ssrc: number };
      const packet = buildRtp(fields, Buffer.alloc(160, `${name}-1 ${sequence};`));
      const isForeign = elsewhere.includes(sequence);
      const [kind, bytes] = isForeign
        ? (['quarantined', quarantined(source, packet)] as const)
        : (['rtp', packet] as const);
      this.#journal.append(kind, number, this.clock.nowMs() * 1_000, bytes);
      if (sequence !== last) continue;
      if (fact === 'promoted')
        this.#journal.fact(number, { fact: 'stream-source-changed', change: 'promoted', source, sinceMs });
      if (fact === 'moved') this.#journal.fact(number, { fact: 'stream-moved', peer: source, sinceMs });
    }
    this.#journal.flush();
    return this.#take(name, packets, [takeStream(`${name}-1`, name, '1', from, this.#journal.position)]);
  }

  /** The end of a capture that was killed: what was flushed is there, nothing says that it is all. The next one begins. */
  async killed(): Promise<{ readonly segment: string }> {
    const { segment } = this.#journal.position;
    const killed = this.#journal;
    onTestFinished(() => killed.close());
    this.clock.advance(1_000);
    this.#journal = this.#open();
    return { segment };
  }

  #open(): Journal {
    const { journalDir: folder, clock, files } = this;
    const onSegment = () => {
      for (const [number, stream] of this.#running) this.#journal.fact(number, { fact: 'stream-opened', stream });
    };
    const publicKey = journalKeys.publicKey;
    return new Journal({ folder, writer, publicKey, clock, random: seededRandom(1), files, onSegment });
  }

  #begin(name: string, party: string): number {
    this.#streams += 1;
    this.#journal.fact(this.#streams, { fact: 'stream-opened', stream: `${name}-${party}` });
    this.#running.set(this.#streams, `${name}-${party}`);
    return this.#streams;
  }

  #take(name: string, packets: number, streams: readonly TakeStream[]): Take {
    const endedMs = this.clock.nowMs();
    const dialog = `${name};from-tag=t`;
    return {
      take: `take-${name}`,
      recordingId: name,
      tenant: 'acme',
      node: 'n1',
      startedMs: endedMs - packets * packetMs,
      endedMs,
      endReason: 'bye',
      dialogs: [
        {
          dialog,
          callId: name,
          fromTag: 't',
          source: 'udp/127.0.0.1:5060',
          invitedMs: endedMs - packets * packetMs,
          endedMs,
          endReason: 'bye',
          metadata: {},
        },
      ],
      streams,
      pauses: [],
    };
  }
}

function takeStream(stream: string, name: string, party: string, from: Position, to: Position): TakeStream {
  const formats = [{ payloadType: 0, codec: 'PCMU', clockRateHz: 8_000, channels: 1 }];
  return { stream, dialog: `${name};from-tag=t`, party, formats, from, to, paused: 0, endReason: 'bye' };
}

/** As capture writes what it keeps apart: port, length of the address, address, packet. */
function quarantined({ address, port }: { address: string; port: number }, packet: Buffer): Buffer {
  return Buffer.concat([Buffer.from([port >> 8, port & 0xff, address.length]), Buffer.from(address), packet]);
}
