// Who of a group takes a recording: laws that hold for any group, and what each scheme means.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Group, type GroupConfig } from '#cluster/resource-manager';
import { configSchema } from '#src/config';

const settings = { seed: 8, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 100 };
const failuresMax = 2;
const nobody = new Set<never>();

type Member = Group['members'][number];

function groupOf(count: number, rest: Partial<GroupConfig> = {}, portCapacity = 1_350): Group {
  const members = Array.from({ length: count }, (_, index) => ({ aor: `sip:rec-${index}.example:5060`, portCapacity }));
  const { resourceManager } = configSchema.parse({
    resourceManager: { groups: [{ name: 'FIRST', members, ...rest }] },
  });
  return new Group(resourceManager.groups[0]!, failuresMax);
}

function down(member: Member): void {
  for (let failure = 0; failure < failuresMax; failure += 1) member.missed();
}

const chosenBy = (group: Group, recording: string, ports = 1) => group.choose({ recording, ports }, nobody, 0)?.key;

/** An INVITE that is accepted at once. */
function invite(group: Group, recording: string, ports: number, nowMs: number): Member | undefined {
  const member = group.choose({ recording, ports }, nobody, nowMs);
  member?.offer(recording, ports, nowMs)('accepted', nowMs);
  return member;
}

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 30 });
const schemes = fc.constantFrom('round-robin' as const, 'least-used' as const);

describe('any group', () => {
  it('R-HA-4: two managers that know nothing of each other choose alike, whichever of them gets an INVITE', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), ids, fc.array(fc.boolean()), (count, recordings, turns) => {
        const managers = [groupOf(count), groupOf(count)];
        for (const [index, recording] of recordings.entries()) {
          const first = managers[turns[index] ? 1 : 0]!;
          const second = managers[turns[index + 1] ? 1 : 0]!;
          expect(invite(first, recording, 1, 0)?.key).toBe(invite(second, recording, 1, 0)?.key);
        }
      }),
      settings,
    );
  });

  it('R-HA-4: managers that were told the same of all members choose alike by least used, too', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 8 }), ids, (loads, recordings) => {
        const managers = [
          groupOf(loads.length, { loadBalanceScheme: 'least-used' }),
          groupOf(loads.length, { loadBalanceScheme: 'least-used' }),
        ];
        for (const group of managers)
          for (const [index, member] of group.members.entries())
            member.heard('up', { streams: loads[index]!, sinceMs: 0 });
        for (const recording of recordings)
          expect(chosenBy(managers[0]!, recording)).toBe(chosenBy(managers[1]!, recording));
      }),
      settings,
    );
  });

  it('R-HA-4: no member ever has more ports in use than it has, and both parties of a call that begins have room', () => {
    const steps = fc.array(fc.record({ recording: fc.nat(12), ports: fc.constantFrom(1, 1, 2), afterMs: fc.nat(40) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 10 }),
        schemes,
        steps,
        (count, capacity, loadBalanceScheme, invites) => {
          const group = groupOf(count, { loadBalanceScheme }, capacity);
          const places = new Map<number, Member>();
          let nowMs = 0;
          for (const { recording, ports, afterMs } of invites) {
            nowMs += afterMs;
            const member = invite(group, `id-${recording}`, ports, nowMs);
            for (const { inUse } of group.report(nowMs).members) expect(inUse).toBeLessThanOrEqual(capacity);
            const place = places.get(recording);
            if (!place && member && ports === 1) {
              places.set(recording, member);
              expect(invite(group, `id-${recording}`, 1, nowMs)).toBe(member);
            } else if (member) places.set(recording, member);
          }
        },
      ),
      settings,
    );
  });

  it('R-HA-4: who is down, drains or is passive is never chosen; who is heard of once is chosen again', () => {
    const states = fc.array(fc.constantFrom('up', 'down', 'draining'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(states, schemes, ids, (phases, loadBalanceScheme, recordings) => {
        const group = groupOf(phases.length, { loadBalanceScheme });
        group.members.forEach((member, index) => {
          if (phases[index] === 'draining') member.heard('draining', undefined);
          if (phases[index] === 'down') down(member);
        });
        for (const recording of recordings) {
          const chosen = group.choose({ recording, ports: 1 }, nobody, 0);
          if (phases.includes('up')) expect(phases[group.members.indexOf(chosen!)]).toBe('up');
          else expect(chosen).toBeUndefined();
        }
        for (const member of group.members) member.heard('up', undefined);
        expect(chosenBy(group, 'next')).toBeDefined();
      }),
      settings,
    );
  });

  it('R-HA-4: when a member goes, only its own recordings move', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(7), ids, (count, gone, recordings) => {
        const [before, after] = [groupOf(count), groupOf(count)];
        const lost = after.members[gone % count]!;
        down(lost);
        for (const recording of recordings) {
          const was = chosenBy(before, recording);
          if (was === lost.key) expect(chosenBy(after, recording)).not.toBe(was);
          else expect(chosenBy(after, recording)).toBe(was);
        }
      }),
      settings,
    );
  });
});

describe('round robin', () => {
  it('R-HA-4: gives each member its share', () => {
    const group = groupOf(4);
    const counts = new Map<string, number>();
    for (let call = 0; call < 4_000; call += 1) {
      const key = chosenBy(group, `recording-${call}`)!;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Four standard deviations of a fair draw.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(110);
    expect(counts.size).toBe(4);
  });
});

describe('least used', () => {
  it('R-HA-4: the emptiest by its own word and by what it was sent since', () => {
    const group = groupOf(3, { loadBalanceScheme: 'least-used' }, 20);
    const [a, b, c] = group.members as [Member, Member, Member];
    a.heard('up', { streams: 10, sinceMs: 0 });
    b.heard('up', { streams: 4, sinceMs: 0 });
    c.heard('up', { streams: 8, sinceMs: 0 });
    const chosen = Array.from({ length: 4 }, (_, call) => invite(group, `id-${call}`, 2, 1));
    expect(chosen.slice(0, 2)).toEqual([b, b]);
    expect(new Set(chosen.slice(2))).toEqual(new Set([b, c]));
    b.heard('up', { streams: 16, sinceMs: 2 });
    expect(invite(group, 'id-5', 2, 3)).not.toBe(b);
  });

  it('R-HA-4: the other dialog goes where the first one is, however full that has become', () => {
    const group = groupOf(3, { loadBalanceScheme: 'least-used' }, 20);
    const place = invite(group, 'call', 1, 0)!;
    place.heard('up', { streams: 18, sinceMs: 1 });
    expect(invite(group, 'call', 1, 2)).toBe(place);
    expect(invite(group, 'another', 1, 2)).not.toBe(place);
  });
});

describe('a member that fails', () => {
  it('R-HA-4: is not asked twice for one INVITE, and the other dialog follows to the next one', () => {
    const group = groupOf(3);
    const first = group.choose({ recording: 'call', ports: 1 }, nobody, 0)!;
    const settled = first.offer('call', 1, 0);
    settled({ failed: 503, restMs: 5_000 }, 0);
    const second = group.choose({ recording: 'call', ports: 1 }, new Set([first]), 0)!;
    expect(second).not.toBe(first);
    expect(chosenBy(group, 'call')).toBe(second.key);
  });

  it('R-HA-4: rests for as long as its Retry-After says; what it has begun goes on there', () => {
    const group = groupOf(2);
    const [a, b] = group.members as [Member, Member];
    const own = Array.from({ length: 50 }, (_, call) => `id-${call}`).find((id) => chosenBy(group, id) === a.key)!;
    a.offer('other', 1, 0)({ failed: 503, restMs: 5_000 }, 0);
    expect(chosenBy(group, own)).toBe(a.key);
    for (let call = 100; call < 120; call += 1) expect(chosenBy(group, `id-${call}`)).toBe(b.key);
    const later = Array.from({ length: 20 }, (_, call) =>
      group.choose({ recording: `l-${call}`, ports: 1 }, nobody, 5_000),
    );
    expect(later).toContain(a);
  });

  it('R-HA-4: is down after so many failures in a row, a silent INVITE among them', () => {
    const [member] = groupOf(1).members as [Member];
    member.missed();
    member.heard('up', undefined);
    member.missed();
    expect(member.phase).toBe('up');
    member.offer('call', 1, 0)('silent', 0);
    expect(member.phase).toBe('down');
  });

  it('R-HA-4: what became of everything is counted', () => {
    const group = groupOf(1);
    const [member] = group.members as [Member];
    for (const outcome of ['accepted', 'accepted', 'declined', 'cancelled', 'silent'] as const)
      member.offer('call', 1, 0)(outcome, 0);
    member.offer('call', 1, 0)({ failed: 500, restMs: undefined }, 0);
    group.refused();
    const { members, refused } = group.report(0);
    expect(members[0]).toMatchObject({
      offered: 6,
      accepted: 2,
      declined: 1,
      cancelled: 1,
      silent: 1,
      failed: 1,
      inUse: 2,
    });
    expect(refused).toBe(1);
  });
});
