// Where nobody speaks, as the waveform shows it.

import type { Peaks } from '#cluster/replay-api';

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Softer than this is silence: about -40 dB. */
const loudnessMin = 0.01;
const silenceMsMin = 1_500;
/** Left standing at either end, so that no word is clipped. */
const edgeMs = 250;

/** Stretches in which no channel is heard, long enough to be worth leaving out. */
export function silencesOf({ perSecond, channels }: Peaks): Stretch[] {
  const count = Math.max(0, ...channels.map((channel) => channel.length));
  const msOf = (at: number) => (at * 1_000) / perSecond;
  const found: Stretch[] = [];
  let begin: number | undefined;
  for (let at = 0; at <= count; at++) {
    const isSilent = at < count && channels.every((channel) => (channel[at] ?? 0) < loudnessMin);
    if (isSilent) begin ??= at;
    if (isSilent || begin === undefined) continue;
    if (msOf(at - begin) >= silenceMsMin) found.push({ fromMs: msOf(begin) + edgeMs, toMs: msOf(at) - edgeMs });
    begin = undefined;
  }
  return found;
}

/** Where the silence that `atMs` lies in ends. */
export function silentUntil(silences: readonly Stretch[], atMs: number): number | undefined {
  return silences.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)?.toMs;
}
