import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../ops/drills/catalogue.ts';
import { goalsOf } from '../../../ops/drills/drill.ts';
import { judgeFigures, verdictText } from '../../../ops/drills/verdict.ts';

const goals = [
  { figure: 'recordings', exactly: 'calls' },
  { figure: 'packetsLost', atMost: 6 },
  { figure: 'reattachedMs', atMost: 2_000 },
] as const;

describe('the verdict on a drill', () => {
  it.each([
    ['all as it should be', { calls: 3, streams: 6, recordings: 3, packetsLost: 6, reattachedMs: 2_000 }, []],
    ['one recording too few', { calls: 3, streams: 6, recordings: 2, packetsLost: 0, reattachedMs: 1 }, ['recordings']],
    ['one too many', { calls: 3, streams: 6, recordings: 4, packetsLost: 0, reattachedMs: 1 }, ['recordings']],
    [
      'a packet too many lost',
      { calls: 3, streams: 6, recordings: 3, packetsLost: 7, reattachedMs: 1 },
      ['packetsLost'],
    ],
    ['a figure that was not taken', { calls: 3, streams: 6, recordings: 3, packetsLost: 0 }, ['reattachedMs']],
    ['nothing to compare with', { recordings: 3, packetsLost: 0, reattachedMs: 1 }, ['recordings']],
  ])('R-OPS-5: %s', (_, figures, missed) => {
    const verdicts = judgeFigures(goals, figures as Record<string, number>);
    expect(verdicts.filter(({ met }) => !met).map(({ figure }) => figure)).toEqual(missed);
  });

  it('R-OPS-5: a figure may be as large as another one, and no larger', () => {
    const bound = [{ figure: 'callsCutOff', atMost: 'calls' }] as const;
    const met = [0, 3, 4].map((callsCutOff) => judgeFigures(bound, { calls: 3, callsCutOff })[0]!.met);
    expect(met).toEqual([true, true, false]);
  });

  it('shows every figure beside its goal, and what was missed', () => {
    const verdicts = judgeFigures(goals, { calls: 2, streams: 4, recordings: 1, packetsLost: 0 });
    expect(verdictText(verdicts)).toBe(
      [
        'recordings    1  2             MISSED',
        'packetsLost   0  at most 6',
        'reattachedMs  –  at most 2000  MISSED',
        'calls         2',
        'streams       4',
      ].join('\n'),
    );
  });
});

describe('the catalogue of drills', () => {
  it.each(catalogue.map((drill) => [drill.name, drill] as const))(
    'R-OPS-5: %s ends every call, judges loss, and has one fault to plant',
    (_, drill) => {
      expect(drill.steps.at(-1)).toEqual({ step: 'hang-up' });
      const figures = goalsOf(drill).map(({ figure }) => figure);
      expect(new Set(figures).size).toBe(figures.length);
      // Of one recorder, of copies that are put together, or of whole recordings.
      const losses = ['packetsLostPerStreamMax', 'mergedPacketsLost', 'recordingsLost'];
      expect(figures.some((figure) => losses.includes(figure))).toBe(true);
      expect([drill.plant.fault, drill.plant.config, drill.plant.unwatched].filter(Boolean)).toHaveLength(1);
    },
  );
});
