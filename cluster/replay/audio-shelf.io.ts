// Audio that was made, by name, and the wish for what was not. Whoever opens a conversation gets what is there; what is not is wanted.
// Which names were ever wanted of a take others remember, before it is made: of media that was destroyed nothing stays here.

import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Audible, type AudioWork, audioOf, mergedName } from '#cluster/audio';
import type { JobQueue } from '#cluster/jobs';
import type { Audio, AudioStore, OriginalFile, OriginalKind, Peaks } from '#cluster/replay-api';
import { peakWindowMs, readPeaks } from '#src/media';
import { audioFile, peaksFile, readAudioReport } from '#src/recording';
import { type Conversation, hasArrived, type Merged } from '#src/recording/consolidate';

export interface AudioShelfOptions {
  readonly folder: string;
  readonly jobs: JobQueue<AudioWork>;
  /** A take that is here and has packets; `aboutMs`: when its conversation began, about. */
  readonly audible: (take: string, aboutMs: number) => Promise<Audible | undefined>;
  /** Resolves when it is known for good that audio of this name is made of these takes. */
  readonly onWanted: (wanted: Pick<Wanted, 'name' | 'takes'> & { readonly tenant: string }) => Promise<unknown>;
  /** As `AudioStore.originals`, of the recordings of a work. */
  readonly originals: (
    work: AudioWork,
    kinds: readonly OriginalKind[],
    gone: AbortSignal,
  ) => Promise<readonly OriginalFile[]>;
}

interface Wanted {
  readonly name: string;
  readonly takes: readonly string[];
  readonly folder: string;
  readonly work: AudioWork;
}

/** Stretches of a waveform at the most: several for each dot of a wide screen. */
const peaksMax = 8_000;

export class AudioShelf implements AudioStore {
  readonly #options: AudioShelfOptions;
  /** Names of what was still being made when it was to be removed. */
  readonly #unwanted = new Set<string>();

  private constructor(options: AudioShelfOptions) {
    this.#options = options;
  }

  static async open(options: AudioShelfOptions): Promise<AudioShelf> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    return new AudioShelf(options);
  }

  /** Has its audio made, unless it is there, or was given up. Gives what merging its recordings gave, once they are merged. */
  async want(conversation: Conversation): Promise<Merged | undefined> {
    const wanted = await this.#of(conversation);
    if (!wanted) return undefined;
    this.#unwanted.delete(wanted.name);
    if (await readAudioReport(wanted.folder)) return this.merged(wanted.folder);
    if (!(await this.#options.jobs.phaseOf(wanted.name))) await this.#make(wanted);
    return undefined;
  }

  /** Of all these names, what is of none of the conversations as they are now goes, or will when it is there. */
  async removeBut(conversations: readonly Conversation[], names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const wanted = await Promise.all(conversations.map((one) => this.#of(one)));
    for (const name of names) if (!wanted.some((one) => one?.name === name)) await this.remove(name);
  }

  /** It goes, or will when it is there. */
  async remove(name: string): Promise<void> {
    // Where Redis does not say whether it is being made, it may be.
    const isAwaited = await this.#options.jobs.phaseOf(name).catch(() => true);
    if (isAwaited) this.#unwanted.add(name);
    await rm(join(this.#options.folder, name), { recursive: true, force: true });
  }

  /** Audio has just been made: what merging gave for it. Undefined when nothing was to be merged, or nobody wants it any more. */
  async made(folder: string): Promise<Merged | undefined> {
    if (!this.#unwanted.delete(basename(folder))) return this.merged(folder);
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }

  /** What merging gave for the audio in a folder; undefined when nothing was to be merged. */
  async merged(folder: string): Promise<Merged | undefined> {
    const text = await readFile(join(folder, `${mergedName}.json`), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Merged);
  }

  async open(conversation: Conversation): Promise<Audio> {
    const wanted = await this.#of(conversation);
    if (!wanted) return { phase: 'none' };
    this.#unwanted.delete(wanted.name);
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
    if (!job) await this.#make(wanted);
    return { phase: 'preparing' };
  }

  async originals(
    conversation: Conversation,
    kinds: readonly OriginalKind[],
    gone: AbortSignal,
  ): Promise<readonly OriginalFile[]> {
    const wanted = kinds.length > 0 ? await this.#of(conversation) : undefined;
    return wanted ? this.#options.originals(wanted.work, kinds, gone) : [];
  }

  async peaks(conversation: Conversation): Promise<Peaks | undefined> {
    const wanted = await this.#of(conversation);
    const file = wanted && (await readFile(join(wanted.folder, peaksFile)).catch(() => undefined));
    if (!file) return undefined;
    const { windowMs, left, right } = readPeaks(file, peaksMax);
    return { perSecond: 1_000 / (windowMs || peakWindowMs), channels: [loudness(left), loudness(right)] };
  }

  async #make({ name, takes, work }: Wanted): Promise<void> {
    await this.#options.onWanted({ tenant: work.tenant, name, takes });
    await this.#options.jobs.add(name, work);
  }

  async #of(conversation: Conversation): Promise<Wanted | undefined> {
    const audible = new Map<string, Audible>();
    for (const { take } of conversation.sources.filter(hasArrived)) {
      const found = await this.#options.audible(take, conversation.startedMs);
      if (found) audible.set(take, found);
    }
    const found = audioOf(conversation, audible);
    if (!found) return undefined;
    const folder = join(this.#options.folder, found.name);
    return { ...found, folder, work: { ...found.work, folder } };
  }
}

/** Of lowest and highest in turn, how far they are from silence. */
function loudness(peaks: readonly number[]): number[] {
  return Array.from({ length: peaks.length / 2 }, (_, at) => Math.max(-peaks[2 * at]!, peaks[2 * at + 1]!));
}
