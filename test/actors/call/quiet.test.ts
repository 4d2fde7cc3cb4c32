import { describe, expect, it } from 'vitest';
import type { SessionNews } from '#src/recording';
import { lingerMsOf } from '../../../actors/call/quiet.ts';

type Settings = Parameters<typeof lingerMsOf>[1];
const settings = { lingerMs: 5_000, lostLingerMs: 900_000 } as Settings;

/** How long a call is kept of which one recording is there. */
function keptMs(phase: SessionNews['phase'], packets: number | undefined, lost: boolean): number {
  const news = { take: 't', phase, streams: [{ stream: 's', packets }] };
  const couples = new Map([['sid', { sessions: new Map([['t', { news, lost }]]) }]]);
  return lingerMsOf({ couples } as unknown as Parameters<typeof lingerMsOf>[0], settings);
}

describe('a call that is over', () => {
  it.each([
    ['finished', 100, false, 5_000],
    ['recording', undefined, true, 900_000],
    ['finishing', 1, true, 900_000],
    // It was stopped before it was answered: its recorder has forgotten it.
    ['finishing', 0, true, 5_000],
    ['finishing', undefined, true, 5_000],
  ] as const)('R-HA-1: with a recording %s, of %s packets, lost %s, is kept for %s ms', (phase, packets, lost, ms) => {
    expect(keptMs(phase, packets, lost)).toBe(ms);
  });
});
