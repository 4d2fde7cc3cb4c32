// What lies under the waveform, on the same scale: what happened, what is missing, and which recorder supplied each stretch.

import type { SharedReply } from '#cluster/replay-api';
import { kinds, lengthOf, secondsOf } from './wording.ts';

type Shown = SharedReply['conversation'];

interface Mark {
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly words: string;
}

const marked = new Set(['hold', 'pause', 'transfer', 'conference', 'consult', 'restart']);

/** Holds, pauses, transfers and gaps; `onSeek` gets ms from the beginning of the audio. */
export function MarkerStrip({ conversation, lengthMs, onSeek }: StripProps) {
  return <Strip name="Markers" marks={marksOf(conversation)} lengthMs={lengthMs} onSeek={onSeek} />;
}

/** For each party a row, coloured by whose take it is. */
export function ProvenanceStrips({ conversation, lengthMs, onSeek }: StripProps) {
  const takes = takesOf(conversation);
  return (
    <>
      {conversation.tracks.map(({ party, supplied }) => (
        <Strip
          key={party}
          name={`Copies of ${party}`}
          lengthMs={lengthMs}
          onSeek={onSeek}
          marks={supplied.map(({ fromMs, toMs, take }) => ({
            kind: `take-${takes.indexOf(take) % 6}`,
            fromMs,
            toMs,
            words: `${party} from ${take}, ${lengthOf(fromMs)} to ${lengthOf(toMs)}`,
          }))}
        />
      ))}
    </>
  );
}

/** Takes in the order of their first word, for colours that stay. */
export function takesOf({ tracks }: Pick<Shown, 'tracks'>): string[] {
  return [...new Set(tracks.flatMap(({ supplied }) => supplied.map(({ take }) => take)))].sort();
}

interface StripProps {
  readonly conversation: Shown;
  readonly lengthMs: number;
  readonly onSeek: (ms: number) => void;
}

function Strip({
  name,
  marks,
  lengthMs,
  onSeek,
}: {
  readonly name: string;
  readonly marks: readonly Mark[];
  readonly lengthMs: number;
  readonly onSeek: (ms: number) => void;
}) {
  if (marks.length === 0) return null;
  const percent = (ms: number) => `${(100 * Math.min(Math.max(0, ms), lengthMs)) / lengthMs}%`;
  return (
    <section class="strip" aria-label={name}>
      {marks.map(({ kind, fromMs, toMs, words }) => (
        <button
          type="button"
          key={`${kind} ${fromMs} ${words}`}
          class={`mark ${kind}`}
          title={words}
          aria-label={words}
          style={{ left: percent(fromMs), width: percent(Math.min(toMs, lengthMs) - Math.max(0, fromMs)) }}
          onClick={() => onSeek(Math.max(0, fromMs))}
        />
      ))}
    </section>
  );
}

function marksOf({ timeline, tracks, audio }: Shown): Mark[] {
  const beginMs = audio?.startedMs ?? 0;
  const endMs = beginMs + (audio?.lengthMs ?? 0);
  const events = timeline
    .filter(({ kind, fromMs, toMs }) => marked.has(kind) && fromMs < endMs && (toMs ?? endMs) >= beginMs)
    .map(({ kind, fromMs, toMs, detail, party }) => ({
      kind,
      fromMs: fromMs - beginMs,
      toMs: (toMs ?? (kind === 'transfer' || kind === 'restart' ? fromMs : endMs)) - beginMs,
      words: [kinds[kind], detail, party, `at ${lengthOf(fromMs - beginMs)}`].filter(Boolean).join(', '),
    }));
  const gaps = tracks.flatMap(({ party, gaps }) =>
    gaps.map(({ fromMs, toMs, certainty }) => ({
      kind: 'gap',
      fromMs,
      toMs,
      words: `Gap of ${party}, ${secondsOf(toMs - fromMs)} at ${lengthOf(fromMs)}, ${certainty}`,
    })),
  );
  return [...events, ...gaps];
}
