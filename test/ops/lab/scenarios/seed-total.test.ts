import { expect, it } from 'vitest';
import { SeedTotal } from '#ops/lab/scenarios';

it('R-LAB-1: the sum of seeds says how often what was explained, and how to play one that failed alone', () => {
  const total = new SeedTotal();
  const recorded = { about: '', ok: true, outcome: 'recorded' } as const;
  const explained = { about: '', ok: true, outcome: 'explained', why: 'NO_STREAMS' } as const;
  const calls = [{ kind: 'inbound', callUuid: 'C' }];
  total.add({ seed: 7, checks: [recorded, explained], calls, couples: [] });
  total.add({ seed: 8, checks: [recorded, explained, { about: '', ok: false }], calls, couples: [] });
  expect(total.text.split('\n')).toEqual([
    '2 seeds: 2 couples recorded once, 2 explained, 1 seeds failed',
    '  explained 2 times: NO_STREAMS',
    '  failed: npm run lab -- --hostile 8',
  ]);
  expect(JSON.parse(JSON.stringify(total))).toMatchObject({ seeds: 2, failed: 1, failedSeeds: [8] });
  expect(total.calls).toHaveLength(2);
});
