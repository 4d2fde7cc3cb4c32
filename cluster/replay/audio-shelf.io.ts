// Audio that was made, by name, and the wish for what was not. Whoever opens a conversation gets what is there; what is not is wanted.

import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobQueue } from '#cluster/jobs';
import type { Audio, AudioStore, Peaks } from '#cluster/replay-api';
import { peakWindowMs, readPeaks } from '#src/media';
import { audioFile, peaksFile, readAudioReport } from '#src/recording';
import type { Conversation, Merged } from '#src/recording/consolidate';
import { mergedName } from './audio-making.io.ts';
import { type Audible, type AudioWork, audioOf } from './audio-work.ts';

export interface AudioShelfOptions {
  readonly folder: string;
  readonly jobs: JobQueue<AudioWork>;
  /** A take that is here and has packets. */
  readonly audible: (take: string) => Audible | undefined;
}

/** Stretches of a waveform at the most: several for each dot of a wide screen. */
const peaksMax = 8_000;

export class AudioShelf implements AudioStore {
  readonly #options: AudioShelfOptions;

  private constructor(options: AudioShelfOptions) {
    this.#options = options;
  }

  static async open(options: AudioShelfOptions): Promise<AudioShelf> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    return new AudioShelf(options);
  }

  /** Has its audio made, unless it is there, or was given up. Gives what merging its recordings gave, once they are. */
  async want(conversation: Conversation): Promise<Merged | undefined> {
    const wanted = this.#of(conversation);
    if (!wanted) return undefined;
    if (await readAudioReport(wanted.folder)) return this.merged(wanted.folder);
    if (!(await this.#options.jobs.phaseOf(wanted.name))) await this.#options.jobs.add(wanted.name, wanted.work);
    return undefined;
  }

  /** What merging gave for the audio in a folder; undefined when nothing was to be merged. */
  async merged(folder: string): Promise<Merged | undefined> {
    const text = await readFile(join(folder, `${mergedName}.json`), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Merged);
  }

  async open(conversation: Conversation): Promise<Audio> {
    const wanted = this.#of(conversation);
    if (!wanted) return { phase: 'none' };
    const report = await readAudioReport(wanted.folder);
    if (report?.phase === 'undecodable') {
      return { phase: 'undecodable', why: `no decoder here for ${report.undecodable.join(', ')}` };
    }
    if (report) {
      const path = join(wanted.folder, audioFile);
      const { size: bytes } = await stat(path);
      const read = (from: number, to: number) => createReadStream(path, { start: from, end: to });
      return { phase: 'ready', mediaType: 'audio/mpeg', bytes, version: wanted.name, read };
    }
    const job = await this.#options.jobs.phaseOf(wanted.name);
    if (job?.phase === 'failed') return { phase: 'undecodable', why: 'its audio could not be made; the log says why' };
    if (!job) await this.#options.jobs.add(wanted.name, wanted.work);
    return { phase: 'preparing' };
  }

  async peaks(conversation: Conversation): Promise<Peaks | undefined> {
    const wanted = this.#of(conversation);
    const file = wanted && (await readFile(join(wanted.folder, peaksFile)).catch(() => undefined));
    if (!file) return undefined;
    const { windowMs, left, right } = readPeaks(file, peaksMax);
    return { perSecond: 1_000 / (windowMs || peakWindowMs), channels: [loudness(left), loudness(right)] };
  }

  /** Removes what belongs to none of these conversations any more; gives how many. */
  async removeAllBut(conversations: Iterable<Conversation>): Promise<number> {
    const { folder } = this.#options;
    const wanted = new Set([...conversations].flatMap((one) => this.#of(one)?.name ?? []));
    const superfluous = (await readdir(folder)).filter((name) => !wanted.has(name));
    for (const name of superfluous) await rm(join(folder, name), { recursive: true, force: true });
    return superfluous.length;
  }

  #of(
    conversation: Conversation,
  ): { readonly name: string; readonly folder: string; readonly work: AudioWork } | undefined {
    const found = audioOf(conversation, this.#options.audible);
    if (!found) return undefined;
    const folder = join(this.#options.folder, found.name);
    return { name: found.name, folder, work: { ...found.work, folder } };
  }
}

/** Of lowest and highest in turn, how far they are from silence. */
function loudness(peaks: readonly number[]): number[] {
  return Array.from({ length: peaks.length / 2 }, (_, at) => Math.max(-peaks[2 * at]!, peaks[2 * at + 1]!));
}
