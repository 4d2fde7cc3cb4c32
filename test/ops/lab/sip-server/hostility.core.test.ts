import { describe, expect, it } from 'vitest';
import { fates, Hostility } from '#ops/lab/sip-server';
import { parseEvent } from '#src/cti';
import { ways } from '../../../../ops/lab/sip-server/mangled.ts';

const event = { ConnID: '0071022ec8ac8056', CallUUID: 'CALL1', OtherDN: '0412' };

/** Events of `dns`, as often as `rounds`, in this order or in another one. */
function drawn(seed: number, rounds: number, dns: readonly string[] = ['7001', '7002', '7003']) {
  const hostility = new Hostility(seed);
  const tellings = Array.from({ length: rounds }, () =>
    dns.map((dn) => hostility.tellings('EventEstablished', { ...event, ThisDN: dn })),
  ).flat();
  return { hostility, tellings };
}

describe('a hostile telephony server', () => {
  it('R-LAB-1: the same seed draws the same, another one another, also when it is begun later', () => {
    expect(drawn(1, 50).tellings).toEqual(drawn(1, 50).tellings);
    expect(drawn(1, 50).tellings).not.toEqual(drawn(2, 50).tellings);
    const { hostility } = drawn(2, 50);
    hostility.begin(1);
    expect(hostility.happened).toEqual([]);
    expect(hostility.tellings('EventEstablished', { ...event, ThisDN: '7001' })).toEqual(drawn(1, 1).tellings[0]);
  });

  it('R-LAB-1: what befalls a DN does not depend on what happens at others meanwhile', () => {
    const of = (dns: readonly string[]) =>
      drawn(4, 20, dns)
        .hostility.happened.filter(({ dn, fate }) => dn === '7002' && fate !== 'torn')
        .map(({ fate }) => fate);
    expect(of(['7002', '7001']).slice(0, 19)).toEqual(of(['7003', '7002', '7001']).slice(0, 19));
  });

  it('R-LAB-1: everything happens to some events, and all of it is written down', () => {
    const seeds = Array.from({ length: 20 }, (_, seed) => drawn(seed, 40));
    for (const fate of fates) expect(seeds.some(({ hostility }) => hostility.counts[fate] > 0)).toBe(true);
    for (const { hostility, tellings } of seeds) {
      expect(hostility.happened).toHaveLength(120);
      expect(hostility.counts.torn).toBeLessThanOrEqual(1);
      for (const [index, { fate }] of hostility.happened.entries()) {
        const told = tellings[index]!.filter((one) => one.told === 'event' && one.attributes.CallUUID === 'CALL1');
        const isSilent = fate === 'untold' || fate === 'mangled' || fate === 'torn';
        expect(told).toHaveLength(isSilent ? 0 : fate === 'twice' ? 2 : 1);
      }
    }
  });

  it('R-LAB-1: packets take other ways in every third seed, and some seeds have a third party and doubled requests', () => {
    const dns = Array.from({ length: 10 }, (_, index) => `70${index}`);
    const all = Array.from({ length: 30 }, (_, seed) => new Hostility(seed));
    const routes = all.flatMap((one) => dns.map((dn) => ({ strays: one.strays, ...one.route(dn) })));
    for (const from of ['signalled', 'another port', 'another address'])
      expect(routes.some((route) => route.from === from)).toBe(true);
    expect(routes.every(({ strays, from, stranger }) => strays || (from === 'signalled' && !stranger))).toBe(true);
    const parties = all.flatMap((one) => dns.flatMap((dn) => one.thirdParty(dn) ?? []));
    expect(new Set(parties.map(({ id }) => id)).size).toBe(parties.length);
    expect(parties.some(({ ms }) => ms === 0) && parties.some(({ ms }) => ms > 0)).toBe(true);
    expect(all.some((one) => one.asksTwice('7001'))).toBe(true);
  });

  it.each(ways.map((way, index) => [index, way] as const))(
    'R-LAB-1, R-CTI-1: mangled in way %i an event is none',
    (_, way) => {
      const spoilt = way('EventRinging', { ...event, ThisDN: '7001' });
      if (spoilt.told === 'text') expect(() => JSON.parse(spoilt.text)).toThrow();
      else expect(parseEvent(spoilt.value)).toHaveProperty('malformed');
    },
  );
});
