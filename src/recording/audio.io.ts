// Makes what a browser plays out of recordings: one stereo MP3, and the peaks of its waveform, in a folder that one rename puts in
// place. Memory does not grow with the call. What cannot be decoded is silence there, and said; the recordings stay as they are.

import type { KeyObject } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, TwinreelError } from '#src/errors';
import { SegmentReader, systemFiles } from '#src/journal';
import { Mp3Stream, PeakStream, peaksHeaderBytes, planStereo, renderStereo, type VoiceSource } from '#src/media';
import type { DecoderRegistry } from '#src/media/codec';
import type { WallInterval } from '#src/media/timeline';
import type { ManifestFacts } from './manifest.schema.ts';
import { PacketFile, refuseDestroyed } from './packet-file.io.ts';
import { readRecording, type StoredRecording } from './store.io.ts';

/** What is to be heard, as plain data. */
export interface AudioOrder {
  readonly takes: readonly {
    /** Folder of the recording. */
    readonly folder: string;
    /** What is added to the times of its node to get those of the conversation. */
    readonly clockOffsetMs: number;
  }[];
  /** Where each party is heard; who is not named is heard where the recording has it. */
  readonly channels: Readonly<Record<string, 'left' | 'right' | 'both'>>;
}

export interface AudioOptions {
  /** Of the nodes: one of them opens each recording. */
  readonly privateKeys: readonly KeyObject[];
  readonly decoders: DecoderRegistry;
  /** Kilobits a second of the MP3. */
  readonly kbps: number;
  /** 0 to 1, now and then. */
  readonly onProgress?: (share: number) => void;
}

/** What became of it. */
export interface AudioReport {
  readonly version: 1;
  /** `undecodable`: nothing of it can be heard here. */
  readonly phase: 'ready' | 'undecodable';
  /** Wall clock of the conversation at its first sample. */
  readonly startedMs: number | null;
  readonly lengthMs: number;
  readonly sampleRateHz: number;
  /** Codecs that cannot be decoded here: silence. */
  readonly undecodable: readonly string[];
}

export const audioFile = 'audio.mp3';
export const peaksFile = 'audio.peaks';
const reportFile = 'audio.json';
const progressSeconds = 60;

/**
 * Makes the audio in `folder`; nothing happens when it is there. Safe to do twice, also at the same time.
 * Rejects with `journal-key-unusable` when no key opens a recording, `recording-destroyed`.
 */
export async function renderAudio(order: AudioOrder, folder: string, options: AudioOptions): Promise<AudioReport> {
  const there = await readAudioReport(folder);
  if (there) return there;
  const { left, right } = await heard(order, options.privateKeys);
  const plan = planStereo({ streams: left }, { streams: right }, options.decoders);
  const draft = `${folder}.${process.pid}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const isHeard = [...left, ...right].some(({ timeline }) => timeline.spans.length > 0);
    const spoken = new Set([...left, ...right].flatMap(({ timeline }) => timeline.spans.map(({ codec }) => codec)));
    const report: AudioReport = {
      version: 1,
      phase: isHeard && [...spoken].every((codec) => plan.undecodable.includes(codec)) ? 'undecodable' : 'ready',
      startedMs: Number.isNaN(plan.originMs) ? null : plan.originMs,
      lengthMs: plan.lengthMs,
      sampleRateHz: plan.sampleRateHz,
      undecodable: plan.undecodable,
    };
    const samples = renderStereo({ streams: left }, { streams: right }, plan, options.decoders);
    if (report.phase === 'ready') await write(samples, plan, draft, options);
    await writeFile(join(draft, reportFile), JSON.stringify(report), { mode: 0o600, flush: true });
    await place(draft, folder);
    return report;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** What {@link renderAudio} made there; undefined when it has not yet. */
export async function readAudioReport(folder: string): Promise<AudioReport | undefined> {
  const text = await readFile(join(folder, reportFile), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as AudioReport);
}

/** Streams of all takes by side. What was paused in one take is in none of them. */
async function heard(order: AudioOrder, privateKeys: readonly KeyObject[]) {
  const takes = await Promise.all(
    order.takes.map(async (take) => ({ ...take, recording: await readRecording(take.folder) })),
  );
  const pauses = takes.flatMap(({ recording, clockOffsetMs }) =>
    shifted(recording.manifest.facts.pauses, clockOffsetMs),
  );
  const left: VoiceSource[] = [];
  const right: VoiceSource[] = [];
  for (const { recording, clockOffsetMs } of takes) {
    const { facts } = recording.manifest;
    const file = new PacketFile(recording, await keyOf(recording, privateKeys));
    const voices = await file.voices(facts.streams, shifted(pauses, -clockOffsetMs));
    for (const [index, { timeline, ...voice }] of voices.entries()) {
      const channel = channelOf(facts, facts.streams[index]!, order.channels);
      const source = { ...voice, timeline: { ...timeline, originMs: timeline.originMs + clockOffsetMs } };
      if (channel !== 'right') left.push(source);
      if (channel !== 'left') right.push(source);
    }
  }
  return { left, right };
}

function channelOf(
  { parties }: ManifestFacts,
  { party, mixed }: ManifestFacts['streams'][number],
  channels: AudioOrder['channels'],
): 'left' | 'right' | 'both' {
  if (mixed) return 'both';
  const placed = channels[party] ?? parties.find(({ number }) => number === party)?.channel;
  return placed === undefined || placed === 'none' ? 'both' : placed;
}

function shifted(intervals: readonly WallInterval[], byMs: number): WallInterval[] {
  return intervals.map(({ fromMs, toMs }) => ({ fromMs: fromMs + byMs, toMs: toMs + byMs }));
}

async function keyOf({ folder, manifest }: StoredRecording, privateKeys: readonly KeyObject[]): Promise<KeyObject> {
  refuseDestroyed(folder);
  const { file } = manifest.facts.copies[0]!;
  for (const privateKey of privateKeys) {
    try {
      const reader = await SegmentReader.open(join(folder, file), { privateKey });
      await reader.close();
      return privateKey;
    } catch (error) {
      if (codeOf(error) !== 'journal-key-unusable') throw error;
    }
  }
  const message = `none of ${privateKeys.length} private keys opens the packets of ${manifest.facts.take}`;
  throw new TwinreelError('journal-key-unusable', message, { take: manifest.facts.take });
}

async function write(
  rendered: AsyncIterable<Int16Array>,
  { sampleRateHz, frames }: { readonly sampleRateHz: 8000 | 16000; readonly frames: number },
  draft: string,
  { kbps, onProgress = () => {} }: AudioOptions,
): Promise<void> {
  const mp3 = await Mp3Stream.create({ sampleRateHz, kbps });
  const peaks = new PeakStream(sampleRateHz);
  const audioOut = await Output.create(join(draft, audioFile), mp3.frontBytes);
  const peaksOut = await Output.create(join(draft, peaksFile), peaksHeaderBytes);
  try {
    let seconds = 0;
    for await (const samples of rendered) {
      await audioOut.write(mp3.encode(samples));
      await peaksOut.write(peaks.add(samples));
      seconds += 1;
      if (seconds % progressSeconds === 0) onProgress((seconds * sampleRateHz) / frames);
    }
    await audioOut.write(mp3.finish());
    await peaksOut.write(peaks.finish());
    await audioOut.finish(mp3.front());
    await peaksOut.finish(peaks.header());
  } finally {
    await audioOut.close();
    await peaksOut.close();
  }
}

/** A file that is written from behind its header on, which is known last. */
class Output {
  readonly #file: FileHandle;
  #at: number;
  readonly #waiting = Buffer.allocUnsafe(64 * 1024);
  #filled = 0;

  private constructor(file: FileHandle, at: number) {
    this.#file = file;
    this.#at = at;
  }

  static async create(path: string, headerBytes: number): Promise<Output> {
    return new Output(await open(path, 'w', 0o600), headerBytes);
  }

  /** The bytes are copied, or written when it resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.length > this.#waiting.length) await this.#flush();
    if (bytes.length > this.#waiting.length) {
      await this.#file.write(bytes, 0, bytes.length, this.#at);
      this.#at += bytes.length;
      return;
    }
    this.#waiting.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  async finish(header: Buffer): Promise<void> {
    await this.#flush();
    await this.#file.write(header, 0, header.length, 0);
    await this.#file.datasync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#file.write(this.#waiting, 0, this.#filled, this.#at);
    this.#at += this.#filled;
    this.#filled = 0;
  }
}

/** Whoever comes first is it: the other one made the same. */
async function place(draft: string, folder: string): Promise<void> {
  await systemFiles.syncFolder(draft);
  try {
    await rename(draft, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(draft, { recursive: true, force: true });
  }
  await systemFiles.syncFolder(dirname(folder));
}
