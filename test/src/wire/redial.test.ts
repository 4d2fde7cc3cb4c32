import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redial } from '#src/wire';

const runs = process.env['TWINREEL_FULL'] ? 2_000 : 200;

describe('redial', () => {
  it('R-CTI-3: primary, then backup, then again after the reconnect time', () => {
    const redial = new Redial({ serverCount: 2, reconnectMs: 30_000 });
    expect(redial.next()).toMatchObject({ step: 'dial', server: 0 });
    redial.dialled(0);
    redial.failed(10);
    expect(redial.next()).toMatchObject({ server: 1 });
    redial.dialled(10);
    redial.failed(20);
    expect(redial.next()).toEqual({ step: 'dial', server: 0, atMs: 30_020 });
  });

  it('R-CTI-3: a lost connection is tried at once at the other server, and then at the first', () => {
    const redial = new Redial({ serverCount: 2, reconnectMs: 30_000 });
    redial.dialled(0);
    redial.lost();
    expect(redial.next()).toMatchObject({ server: 1, atMs: Number.NEGATIVE_INFINITY });
    redial.dialled(50_000);
    redial.failed(50_001);
    expect(redial.next()).toMatchObject({ server: 0, atMs: 1_000 });
  });

  it('R-CTI-3: a server that lets everybody in and drops them is dialled once a second', () => {
    const redial = new Redial({ serverCount: 1, reconnectMs: 30_000 });
    redial.dialled(5_000);
    redial.lost();
    expect(redial.next()).toEqual({ step: 'dial', server: 0, atMs: 6_000 });
  });

  it('R-CTI-3: without reconnecting every server gets one try, and a loss is final', () => {
    const redial = new Redial({ serverCount: 2, reconnectMs: undefined });
    redial.dialled(0);
    redial.failed(0);
    expect(redial.next()).toMatchObject({ step: 'dial', server: 1 });
    redial.dialled(0);
    redial.lost();
    expect(redial.next()).toEqual({ step: 'give-up' });
  });

  it('R-CTI-3: whatever happens, no server is dialled twice within a second, and none is forgotten for longer than the reconnect time', () => {
    const fate = fc.record({ stood: fc.boolean(), tookMs: fc.integer({ min: 0, max: 5_000 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(fate, { maxLength: 40 }), (serverCount, fates) => {
        const redial = new Redial({ serverCount, reconnectMs: 4_000 });
        const dialledMs: number[] = [];
        let nowMs = 0;
        for (const { stood, tookMs } of fates) {
          const step = redial.next();
          if (step.step !== 'dial') throw new Error('gave up');
          expect(step.atMs - nowMs).toBeLessThanOrEqual(4_000);
          nowMs = Math.max(nowMs, step.atMs);
          const before = dialledMs[step.server];
          if (before !== undefined) expect(nowMs - before).toBeGreaterThanOrEqual(1_000);
          dialledMs[step.server] = nowMs;
          redial.dialled(nowMs);
          nowMs += tookMs;
          if (stood) redial.lost();
          else redial.failed(nowMs);
        }
      }),
      { seed: 11, numRuns: runs },
    );
  });
});
