// Both channels as a waveform to listen along and to click into.

import { useEffect, useRef } from 'preact/hooks';
import WaveSurfer from 'wavesurfer.js';
import type { Peaks } from '#cluster/replay-api';
import type { Playback } from './playback.ts';
import { theme } from './theme.ts';

const channelHeight = 64;

export function Waveform({
  playback,
  peaks,
  lengthMs,
}: {
  readonly playback: Playback;
  readonly peaks: Peaks;
  readonly lengthMs: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const look = theme.value;
  // Drawn anew in another theme, too: a canvas does not know that colours have changed.
  useEffect(() => {
    if (!place.current) return;
    const colours = getComputedStyle(place.current);
    const colour = (name: string) => colours.getPropertyValue(name).trim();
    const wave = WaveSurfer.create({
      container: place.current,
      media: playback.audio,
      peaks: peaks.channels.map((channel) => [...channel]),
      duration: lengthMs / 1_000,
      normalize: true,
      maxPeak: loudestOf(peaks),
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      cursorWidth: 2,
      cursorColor: colour('--ink'),
      dragToSeek: true,
      cspNonce: document.querySelector('meta[property=csp-nonce]')?.getAttribute('content') ?? '',
      splitChannels: peaks.channels.map((_, at) => ({
        height: channelHeight,
        waveColor: colour(at === 0 ? '--left-faint' : '--right-faint'),
        progressColor: colour(at === 0 ? '--left' : '--right'),
      })),
    });
    // A new one begins at the beginning, wherever the audio is.
    const atSeconds = playback.audio.currentTime;
    if (atSeconds > 0) wave.once('ready', () => wave.setTime(atSeconds));
    return () => wave.destroy();
  }, [playback, peaks, lengthMs, look]);
  return <div class="waveform" ref={place} aria-hidden="true" />;
}

/** Soft voices fill the height, too; what is nearly silent stays flat. */
function loudestOf({ channels }: Peaks): number {
  return channels.flat().reduce((loudest, peak) => Math.max(loudest, peak), 0.2);
}
