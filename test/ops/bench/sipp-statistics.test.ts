// What SIPp writes down, as it writes it.

import { describe, expect, it } from 'vitest';
import { durationsOf, lastPlacedMs, readCallsSeen, recoveryMs } from '../../../ops/bench/sipp-statistics.ts';

const statistics = `StartTime;LastResetTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(P);FailedCall(C);Retransmissions(P);Retransmissions(C);refused(P);refused(C);
2026-01-01\t00:00:00;2026-01-01\t00:00:01;10;10;0;0;0;0;1;1;
2026-01-01\t00:00:00;2026-01-01\t00:00:02;20;30;1;1;4;4;2;3;
`;
const times = `Date_ms;response_time_ms;rtd_no
1000.000;12.000;3
1040.500;40.500;1
2100.000;4.000;2
1500.000;600.000;1
`;

describe('R-SIP-3: what a bench of signalling reads of SIPp', () => {
  it('sums are in the last line; a refused call is none that succeeded', () => {
    expect(readCallsSeen(statistics, times)).toEqual({
      succeeded: 27,
      refused: 3,
      failed: 1,
      retransmissions: 4,
      invites: [
        { atMs: 1_040.5, tookMs: 40.5 },
        { atMs: 1_500, tookMs: 600 },
      ],
      byes: [{ atMs: 2_100, tookMs: 4 }],
      refusals: [{ atMs: 1_000, tookMs: 12 }],
    });
  });

  it('nothing written is nothing seen', () => {
    const nothing = { succeeded: 0, refused: 0, failed: 0, retransmissions: 0, invites: [], byes: [], refusals: [] };
    expect(readCallsSeen('', '')).toEqual(nothing);
    expect(lastPlacedMs(nothing)).toBeUndefined();
  });

  it('a flood ends when its last call is placed; it is over when the probe is served well again', () => {
    const seen = readCallsSeen(statistics, times);
    expect(durationsOf(seen.invites)).toEqual([40.5, 600]);
    expect(lastPlacedMs(seen)).toBe(1_000);
    expect(recoveryMs(seen, 800, 500)).toBe(188);
    expect(recoveryMs(seen, 800, 1_000)).toBe(188);
    expect(recoveryMs(seen, 5_000, 500)).toBe(0);
  });

  it('a late answer counts from when it was asked for', () => {
    const late = { ...readCallsSeen('', ''), invites: [{ atMs: 3_000, tookMs: 700 }] };
    expect(recoveryMs(late, 2_000, 500)).toBe(300);
  });
});
