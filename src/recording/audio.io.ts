// Makes what a browser plays out of recordings: one stereo MP3, and the peaks of its waveform, in a folder that one rename puts in
// place. Memory does not grow with the call. What cannot be decoded is silence there, and said; the recordings stay as they are.

import { type FileHandle, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemFiles } from '#src/journal';
import {
  type Mp3Encoder,
  mp3Front,
  mp3FrontBytes,
  type Party,
  PeakStream,
  peaksHeaderBytes,
  planStereo,
  renderStereo,
} from '#src/media';
import type { DecoderRegistry } from '#src/media/codec';

export interface AudioOptions {
  readonly decoders: DecoderRegistry;
  readonly mp3: Mp3Encoder;
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
 * Makes the audio of these voices in `folder`; nothing happens when it is there. Safe to do twice, also at the same time. `more` stands in
 * the folder with it, as JSON. Rejects with what reading the voices rejects with.
 */
export async function renderAudio(
  left: Party,
  right: Party,
  folder: string,
  options: AudioOptions,
  more: Readonly<Record<string, object>> = {},
): Promise<AudioReport> {
  const there = await readAudioReport(folder);
  if (there) return there;
  const plan = planStereo(left, right, options.decoders);
  const draft = `${folder}.${process.pid}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const timelines = [...left.streams, ...right.streams].map(({ timeline }) => timeline);
    const spoken = timelines.flatMap(({ spans }) => spans.map(({ codec }) => codec));
    const isSilent = spoken.length > 0 && spoken.every((codec) => plan.undecodable.includes(codec));
    const report: AudioReport = {
      version: 1,
      phase: isSilent ? 'undecodable' : 'ready',
      startedMs: Number.isNaN(plan.originMs) ? null : plan.originMs,
      lengthMs: plan.lengthMs,
      sampleRateHz: plan.sampleRateHz,
      undecodable: plan.undecodable,
    };
    const samples = renderStereo(left, right, plan, options.decoders);
    if (report.phase === 'ready') await write(samples, plan, draft, options);
    for (const [name, value] of Object.entries({ ...more, audio: report }))
      await writeFile(join(draft, `${name}.json`), JSON.stringify(value), { mode: 0o600, flush: true });
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

async function write(
  rendered: AsyncIterable<Int16Array>,
  { sampleRateHz, frames }: { readonly sampleRateHz: 8000 | 16000; readonly frames: number },
  draft: string,
  { mp3, kbps, onProgress = () => {} }: AudioOptions,
): Promise<void> {
  const shape = { sampleRateHz, kbps };
  const peaks = new PeakStream(sampleRateHz);
  const audioOut = await Output.create(join(draft, audioFile), mp3FrontBytes(shape));
  const peaksOut = await Output.create(join(draft, peaksFile), peaksHeaderBytes);
  let heard = 0;
  const peaksTaken = async function* () {
    for await (const samples of rendered) {
      await peaksOut.write(peaks.add(samples));
      heard += samples.length / 2;
      if (heard % (progressSeconds * sampleRateHz) === 0) onProgress(heard / frames);
      yield samples;
    }
  };
  try {
    let bytes = 0;
    for await (const piece of mp3(peaksTaken(), shape)) {
      await audioOut.write(piece);
      bytes += piece.length;
    }
    await peaksOut.write(peaks.finish());
    await audioOut.finish(mp3Front(shape, heard, bytes));
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
