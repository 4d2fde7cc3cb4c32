// The player of one conversation: waveform, strips below it, controls. For whoever is signed in, and for whoever has a link.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Peaks, SharedReply } from '#cluster/replay-api';
import { ask, wordsOf } from './api.ts';
import { Playback } from './playback.ts';
import { silencesOf } from './silence.ts';
import { MarkerStrip, ProvenanceStrips } from './strips.tsx';
import { Waveform } from './waveform.tsx';
import { lengthOf, partyOf } from './wording.ts';

const speeds = [0.75, 1, 1.25, 1.5, 2];
const stepMs = 5_000;

export interface PlayerProps {
  readonly conversation: SharedReply['conversation'];
  readonly heard: SharedReply['audio'];
  /** `/audio` and `/peaks` are below it. */
  readonly path: string;
  /** Given the way to seek, once there is one. */
  readonly onReady?: (seek: (ms: number) => void) => void;
}

export function Player({ conversation, heard, path, onReady }: PlayerProps) {
  switch (heard.phase) {
    case 'ready':
      return <ReadyPlayer conversation={conversation} heard={heard} path={path} {...(onReady && { onReady })} />;
    case 'preparing':
      return (
        <p class="card empty" role="status">
          The audio is being put together.
        </p>
      );
    case 'undecodable':
      return <p class="card empty">The audio is kept, but it cannot be played: {heard.why}</p>;
    case 'none':
      return <p class="card empty">There is no audio of this conversation.</p>;
  }
}

function ReadyPlayer({ conversation, path, onReady }: PlayerProps) {
  const playback = useMemo(() => new Playback(`${path}/audio`), [path]);
  const [peaks, setPeaks] = useState<Peaks>();
  const [refusal, setRefusal] = useState('');
  const place = useRef<HTMLElement>(null);
  const lengthMs = Math.max(1, conversation.audio?.lengthMs ?? (peaks ? peaksMs(peaks) : 0));
  const silences = useMemo(() => (peaks ? silencesOf(peaks) : []), [peaks]);
  const seek = (ms: number) => playback.seek(Math.min(ms, lengthMs));

  useEffect(() => () => playback.close(), [playback]);
  useEffect(() => onReady?.(seek), [playback]);
  useEffect(() => {
    ask<Peaks>(`${path}/peaks`).then(setPeaks, (error) => setRefusal(wordsOf(error)));
  }, [path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof Element && event.target.matches('input, select, textarea, button, a, summary'))
        return;
      if (event.key === ' ') playback.toggle();
      else if (event.key === 'ArrowLeft') playback.seek(playback.positionMs.value - stepMs);
      else if (event.key === 'ArrowRight') playback.seek(Math.min(lengthMs, playback.positionMs.value + stepMs));
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [playback, lengthMs]);

  const [left, right] = (['left', 'right'] as const).map((channel) => channelName(conversation, channel));
  return (
    <section class="card player" aria-label="Player" ref={place}>
      <p class="legend">
        <span class="left">{left}</span>
        <span class="right">{right}</span>
      </p>
      <div class="scale">
        {peaks ? <Waveform playback={playback} peaks={peaks} lengthMs={lengthMs} /> : <div class="waveform" />}
        <MarkerStrip conversation={conversation} lengthMs={lengthMs} onSeek={seek} />
        <ProvenanceStrips conversation={conversation} lengthMs={lengthMs} onSeek={seek} />
      </div>
      {(refusal || playback.refusal.value) && (
        <p class="refusal" role="alert">
          {playback.refusal.value || refusal}
        </p>
      )}
      <div class="controls">
        <button type="button" aria-label="Back 5 seconds" onClick={() => seek(playback.positionMs.value - stepMs)}>
          −5
        </button>
        <PlayButton playback={playback} />
        <button type="button" aria-label="On 5 seconds" onClick={() => seek(playback.positionMs.value + stepMs)}>
          +5
        </button>
        <Position playback={playback} lengthMs={lengthMs} />
        <label class="inline">
          Speed
          <select onChange={(event) => playback.setSpeed(Number(event.currentTarget.value))}>
            {speeds.map((speed) => (
              <option key={speed} value={speed} selected={speed === 1}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
        <label class="inline">
          <input
            type="checkbox"
            disabled={silences.length === 0}
            onChange={(event) => playback.skipSilence(silences, event.currentTarget.checked)}
          />
          Skip silence
        </label>
        <label class="inline balance">
          <span class="left" aria-hidden="true">
            L
          </span>
          <input
            type="range"
            min="-1"
            max="1"
            step="0.1"
            defaultValue="0"
            aria-label="Balance of the channels"
            onInput={(event) => playback.setBalance(Number(event.currentTarget.value))}
          />
          <span class="right" aria-hidden="true">
            R
          </span>
        </label>
      </div>
    </section>
  );
}

function PlayButton({ playback }: { readonly playback: Playback }) {
  const isPlaying = playback.isPlaying.value;
  return (
    <button type="button" class="main play" aria-label={isPlaying ? 'Pause' : 'Play'} onClick={() => playback.toggle()}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path fill="currentColor" d={isPlaying ? 'M5 3h3.6v14H5zM11.4 3H15v14h-3.6z' : 'M5 2.5v15l12.5-7.5z'} />
      </svg>
    </button>
  );
}

function Position({ playback, lengthMs }: { readonly playback: Playback; readonly lengthMs: number }) {
  return (
    <span class="position" role="timer" aria-label="Position">
      {lengthOf(playback.positionMs.value)} / {lengthOf(lengthMs)}
    </span>
  );
}

/** As long as the waveform is, for the moment in which audio stands and what it was made of is not known yet. */
function peaksMs({ channels, perSecond }: Peaks): number {
  return (1_000 * (channels[0]?.length ?? 0)) / perSecond;
}

/** Whose voices are on a side. */
function channelName({ tracks, participants }: SharedReply['conversation'], channel: 'left' | 'right'): string {
  const heard = tracks
    .filter((track) => track.channel === channel || track.channel === 'both')
    .map(({ party }) => party);
  const names = heard.map((number) => partyOf(participants.find((one) => one.number === number) ?? { number }));
  return [...new Set(names)].join(', ') || (channel === 'left' ? 'Customer' : 'Agent');
}
