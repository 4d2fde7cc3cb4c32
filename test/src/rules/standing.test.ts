import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStanding, type Standing, type StandingEvent } from '#src/rules';

const says = (policy: 'record' | 'pre-record' | 'do-not-record' | 'nothing'): StandingEvent => ({
  type: 'judged',
  policy,
});
const others: StandingEvent = { type: 'begun-by-others' };
const keep: StandingEvent = { type: 'keep-asked' };
const due: StandingEvent = { type: 'keep-due' };

/** What becomes of a recording after these events, and what was to be done on the way. */
function life(...events: readonly StandingEvent[]): string {
  let standing: Standing = 'open';
  const done: string[] = [];
  for (const event of events) {
    const next = nextStanding(standing, event);
    standing = next.standing;
    if (next.action !== 'none') done.push(next.action);
  }
  return [standing, ...done].join(' ');
}

describe('the standing of a recording', () => {
  it.each<[string, string, StandingEvent[]]>([
    ['is started by a rule', 'recording start', [says('record')]],
    [
      'is started by a rule once its data is known',
      'recording start',
      [says('nothing'), says('record'), says('record')],
    ],
    ['goes on when no rule is about it any more', 'recording start', [says('record'), says('nothing')]],
    ['goes on when a later rule would only pre-record', 'recording start', [says('record'), says('pre-record')]],
    ['begun by others is kept when no rule is about it', 'recording', [others, says('nothing')]],
    [
      'begun by others before its data: a do-not-record rule discards it',
      'discarded discard',
      [others, says('nothing'), says('do-not-record')],
    ],
    ['begun by others where a rule forbids it is discarded', 'discarded discard', [says('do-not-record'), others]],
    [
      'that was discarded stays so, and is discarded each time',
      'discarded discard discard',
      [says('do-not-record'), others, says('record'), others],
    ],
    [
      'forbidden before anything was recorded may still be started',
      'recording start',
      [says('do-not-record'), says('record')],
    ],
    [
      'forbidden before anything was recorded may be allowed to others',
      'recording',
      [says('do-not-record'), says('nothing'), others],
    ],
    ['pre-recorded is discarded when nobody asks', 'discarded start discard', [says('pre-record'), due]],
    ['pre-recorded is kept when somebody asks', 'recording start', [says('pre-record'), keep, due]],
    ['pre-recorded is kept when a rule wants it later', 'recording start', [says('pre-record'), says('record'), due]],
    ['pre-recorded is kept when others have it recorded, too', 'recording start', [says('pre-record'), others, due]],
    ['pre-recorded and asked for too late is gone', 'discarded start discard', [says('pre-record'), due, keep]],
    ['not there is not kept', 'open', [keep]],
  ])('R-RUL-5: %s', (_, end, events) => {
    expect(life(...events)).toBe(end);
  });

  it('R-RUL-5: once a rule forbids it, is never kept', () => {
    const any = fc.constantFrom(
      says('record'),
      says('pre-record'),
      says('do-not-record'),
      says('nothing'),
      others,
      keep,
      due,
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), fc.array(any, { maxLength: 6 }), (before, after) => {
        const recorded = life(...before).startsWith('recording') || life(...before).startsWith('pre-recording');
        if (recorded) expect(life(...before, says('do-not-record'), ...after)).toMatch(/^discarded/);
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});
