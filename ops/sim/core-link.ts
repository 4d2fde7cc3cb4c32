// The link of a recorder to a core, as the real one behaves: dialled until it stands, told everything, then every change; commands
// the other way.

import type { SessionState } from '#actors/session';
import { type LinkCommand, type LinkedRecorder, newsOf } from '#cluster/links';
import { TwinreelError } from '#src/errors';
import type { SessionNews } from '#src/recording';
import type { CoreNode } from './core-node.ts';
import type { LineEnd, Side } from './network.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** Four beats of 250 ms. */
const silenceMsMax = 1_000;
const [retryMs, retryMsMax, commandMsMax] = [100, 2_000, 2_000];

export type FromRecorder =
  | { readonly type: 'hello'; readonly recorder: Omit<LinkedRecorder, 'command'> }
  | { readonly type: 'news'; readonly news: SessionNews; readonly again: boolean }
  | { readonly type: 'forgotten'; readonly take: string }
  | { readonly type: 'synced' }
  | { readonly type: 'result'; readonly id: number; readonly takes: readonly string[] }
  | { readonly type: 'failed'; readonly id: number; readonly error: unknown };

export type FromCore = { readonly type: 'command'; readonly id: number; readonly command: LinkCommand };

export interface CoreLinkOptions {
  readonly process: VirtualProcess;
  readonly core: CoreNode;
  readonly recorder: Omit<LinkedRecorder, 'command'>;
  readonly sessions: () => readonly SessionState[];
  /** The last that was said of takes that are forgotten. */
  readonly lastWords: () => Iterable<SessionNews>;
  readonly onCommand: (command: LinkCommand) => Promise<readonly string[]>;
}

/** The recorder's end. */
export class CoreLink {
  readonly #options: CoreLinkOptions;
  #side: Side<FromRecorder> | undefined;
  #failures = 0;

  constructor(options: CoreLinkOptions) {
    this.#options = options;
    this.#dial();
  }

  tell(state: SessionState): void {
    const { process, core } = this.#options;
    if (process.host.world.isPlantedEvery('news-lost', 3)) return;
    if (core.host.name !== 'c1' && process.host.world.isPlanted('news-to-one-core')) return;
    this.#side?.send({ type: 'news', news: newsOf(state, {}), again: false });
  }

  forgotten(take: string): void {
    this.#side?.send({ type: 'forgotten', take });
  }

  #dial(): void {
    const { process, core, recorder, sessions, lastWords } = this.#options;
    const { network } = process.host.world;
    const end: LineEnd<FromCore> = {
      process,
      heard: (said) => this.#obey(said),
      ended: () => {
        this.#side = undefined;
        this.#again();
      },
    };
    const isThere = network.reaches(process.host, core.host) && network.reaches(core.host, process.host);
    const side = isThere ? core.accept(end) : undefined;
    if (!side) {
      this.#again();
      return;
    }
    this.#failures = 0;
    side.send({ type: 'hello', recorder });
    this.#side = side;
    if (process.host.world.isPlanted('sessions-not-told-again') && this.#options.process.clock.monotonicMs() > 5_000)
      return;
    for (const news of lastWords()) side.send({ type: 'news', news, again: true });
    for (const state of sessions()) this.tell(state);
    side.send({ type: 'synced' });
  }

  #again(): void {
    this.#failures += 1;
    const delayMs = Math.min(retryMsMax, retryMs * 2 ** Math.min(this.#failures - 1, 8));
    this.#options.process.clock.after(delayMs, () => this.#dial());
  }

  #obey({ id, command }: FromCore): void {
    const side = this.#side;
    this.#options.onCommand(command).then(
      (takes) => side?.send({ type: 'result', id, takes }),
      (error) => side?.send({ type: 'failed', id, error }),
    );
  }
}

/** What a core does about what its recorders say. */
export interface LinkOwner {
  attached(recorder: LinkedRecorder): void;
  news(recorder: LinkedRecorder, news: SessionNews, again: boolean): void;
  forgotten(recorder: LinkedRecorder, take: string): void;
  synced(recorder: LinkedRecorder): void;
  lost(recorder: LinkedRecorder, why: string): void;
}

/** The core's end of one link. */
export function acceptRecorder(
  process: VirtualProcess,
  recorderEnd: LineEnd<FromCore>,
  owner: LinkOwner,
): Side<FromRecorder> {
  const asked = new Map<number, { resolve(takes: readonly string[]): void; reject(error: Error): void }>();
  let commands = 0;
  let recorder: LinkedRecorder | undefined;
  const command = (said: LinkCommand): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const id = ++commands;
      asked.set(id, { resolve, reject });
      process.clock.after(commandMsMax, () => {
        if (asked.delete(id))
          reject(new TwinreelError('link-lost', `no answer to ${said.command} in ${commandMsMax} ms`));
      });
      ours.send({ type: 'command', id, command: said });
    });
  const end: LineEnd<FromRecorder> = {
    process,
    heard(said) {
      if (said.type === 'hello') {
        recorder = { ...said.recorder, command };
        owner.attached(recorder);
      } else if (recorder) note(recorder, said);
    },
    ended(why) {
      for (const { reject } of asked.values()) reject(new TwinreelError('link-lost', why));
      asked.clear();
      if (recorder) owner.lost(recorder, why);
    },
  };
  const note = (from: LinkedRecorder, said: Exclude<FromRecorder, { type: 'hello' }>) => {
    switch (said.type) {
      case 'news':
        return owner.news(from, said.news, said.again);
      case 'forgotten':
        return owner.forgotten(from, said.take);
      case 'synced':
        return owner.synced(from);
      case 'result':
        asked.get(said.id)?.resolve(said.takes);
        return void asked.delete(said.id);
      case 'failed':
        asked.get(said.id)?.reject(said.error as Error);
        return void asked.delete(said.id);
    }
  };
  const [theirs, ours] = process.host.world.network.connect<FromRecorder, FromCore>(recorderEnd, end, silenceMsMax);
  return theirs;
}
