import { describe, expect, it } from 'vitest';
import { Hostility } from '#ops/lab/sip-server';
import { seededRandom } from '#src/ports';

function drawn(seed: number, count: number) {
  const hostility = new Hostility(seededRandom(seed));
  const times = Array.from({ length: count }, (_, index) =>
    hostility.timesMs('EventEstablished', { ThisDN: `${index}`, CallUUID: 'CALL1' }),
  );
  return { hostility, times };
}

describe('a hostile telephony server', () => {
  it('R-LAB-1: the same seed tells the same way, another one another', () => {
    expect(drawn(1, 50).times).toEqual(drawn(1, 50).times);
    expect(drawn(1, 50).times).not.toEqual(drawn(2, 50).times);
  });

  it('R-LAB-1: events are on time, late, twice or never, and what was never told is written down', () => {
    const { hostility, times } = drawn(3, 1_000);
    const { onTime, late, twice } = hostility.counts;
    for (const count of [onTime, late, twice, hostility.untold.length]) expect(count).toBeGreaterThan(20);
    expect(onTime + late + twice + hostility.untold.length).toBe(1_000);
    expect(times.flat().every((ms) => ms >= 0 && ms <= 400)).toBe(true);
    const first = times.findIndex((one) => one.length === 0);
    expect(hostility.untold[0]).toEqual({ message: 'EventEstablished', dn: `${first}`, callUuid: 'CALL1' });
  });
});
