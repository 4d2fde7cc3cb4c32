// One conversation's audio in the browser: where it is, how fast, what is left out, and how loud each side is.

import { type Signal, signal } from '@preact/signals';
import { type Stretch, silentUntil } from './silence.ts';

export class Playback {
  readonly audio: HTMLAudioElement;
  readonly positionMs: Signal<number> = signal(0);
  readonly isPlaying: Signal<boolean> = signal(false);
  readonly refusal: Signal<string> = signal('');
  #silences: readonly Stretch[] = [];
  #skipsSilence = false;
  #balance: { readonly left: GainNode; readonly right: GainNode } | undefined;
  #frame = 0;

  /** Nothing is fetched before somebody plays: what is fetched counts as heard. */
  constructor(source: string) {
    this.audio = new Audio();
    this.audio.preload = 'none';
    this.audio.src = source;
    const { audio, isPlaying, refusal } = this;
    audio.addEventListener('play', () => {
      isPlaying.value = true;
      refusal.value = '';
      this.#watch();
    });
    for (const event of ['pause', 'ended', 'error']) {
      audio.addEventListener(event, () => {
        isPlaying.value = false;
      });
    }
    audio.addEventListener('error', () => {
      refusal.value = 'The audio cannot be played.';
    });
    audio.addEventListener('timeupdate', () => this.#tell());
    audio.addEventListener('seeking', () => this.#tell());
  }

  toggle(): void {
    if (this.audio.paused) void this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  seek(ms: number): void {
    this.audio.currentTime = Math.max(0, ms / 1_000);
    this.positionMs.value = Math.max(0, ms);
  }

  setSpeed(factor: number): void {
    this.audio.playbackRate = factor;
  }

  skipSilence(silences: readonly Stretch[], skips: boolean): void {
    this.#silences = silences;
    this.#skipsSilence = skips;
  }

  /** From -1, left only, to 1, right only. The graph is made when it is first wanted: without it the browser plays by itself. */
  setBalance(balance: number): void {
    this.#balance ??= balanceOf(this.audio);
    this.#balance.left.gain.value = Math.min(1, 1 - balance);
    this.#balance.right.gain.value = Math.min(1, 1 + balance);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
    void (this.#balance?.left.context as AudioContext | undefined)?.close();
  }

  /** More often than `timeupdate` comes: a cursor is to glide, and a silence to be left where it begins. */
  #watch(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      this.#tell();
      if (this.isPlaying.value) this.#watch();
    });
  }

  #tell(): void {
    const atMs = this.audio.currentTime * 1_000;
    const untilMs = this.#skipsSilence && this.isPlaying.value ? silentUntil(this.#silences, atMs) : undefined;
    if (untilMs === undefined) this.positionMs.value = atMs;
    else this.seek(untilMs);
  }
}

function balanceOf(audio: HTMLAudioElement) {
  const context = new AudioContext();
  const [left, right] = [context.createGain(), context.createGain()];
  const splitter = context.createChannelSplitter(2);
  const merger = context.createChannelMerger(2);
  context.createMediaElementSource(audio).connect(splitter);
  splitter.connect(left, 0).connect(merger, 0, 0);
  splitter.connect(right, 1).connect(merger, 0, 1);
  merger.connect(context.destination);
  return { left, right };
}
