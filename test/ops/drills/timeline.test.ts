import { describe, expect, it } from 'vitest';
import { Timeline } from '../../../ops/drills/timeline.ts';

describe('the timeline of a drill', () => {
  it('R-OPS-5: a line for each event, a column for each process', () => {
    const timeline = new Timeline();
    expect([
      timeline.title,
      timeline.line({ atMs: 20, text: 'capture runs', marks: { capture: { mark: 'begun', pid: 7 } } }),
      timeline.line({ atMs: 1_500, text: 'recorder runs', marks: { recorder: { mark: 'begun', pid: 8 } } }),
      timeline.line({ atMs: 2_000, text: 'kill -9 capture', marks: { capture: { mark: 'ended', pid: 7 } } }),
      timeline.line({ atMs: 12_345, text: 'SIGSTOP to recorder', marks: { recorder: { mark: 'frozen' } } }),
      timeline.line({ atMs: 12_346, text: 'two calls have hung up' }),
      timeline.line({ atMs: 99_000, text: 'SIGCONT to recorder', marks: { recorder: { mark: 'thawed' } } }),
    ]).toEqual([
      '       s  pm2       keeper    edge      capture   recorder  redis',
      '   0.020                                ▲ 7                           capture runs',
      '   1.500                                │         ▲ 8                 recorder runs',
      '   2.000                                ✗ 7       │                   kill -9 capture',
      '  12.345                                          ┊ frozen            SIGSTOP to recorder',
      '  12.346                                          ┊                   two calls have hung up',
      '  99.000                                          │ thawed            SIGCONT to recorder',
    ]);
  });
});
