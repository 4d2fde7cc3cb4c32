import { describe, expect, it } from 'vitest';
import { type Hearing, isEnoughSaid } from '#ops/lab/scenarios';

const [agent, colleague, customer] = ['7105', '7205', '5550305'];
const couples = [
  { dn: agent, otherDn: colleague, callType: 'inbound' },
  { dn: colleague, otherDn: agent, callType: 'consult' },
  { dn: colleague, otherDn: customer, callType: 'inbound' },
] as const;
const conference = { callUuid: 'MAIN', isConsult: false, dns: [customer, agent, colleague] };
const question = { callUuid: 'ASKED', isConsult: true, dns: [agent, colleague] };
const recordingOf = (dn: string, packets: [number, number] = [200, 200], callUuid = 'MAIN') => ({
  ...{ callUuid, dn },
  sessions: [{ recorder: 'r', phase: 'running' as const, packets }],
});

describe('R-LAB-1: everybody talks on until enough is said for recordings to be judged', () => {
  // As it was with seed 189: the colleague hears of the conference late, and is asked for more than a second after it stands. Had the
  // agent hung up by then, their voice would have been in no recording of the colleague.
  const order: readonly [string, Partial<Hearing>, boolean][] = [
    ['before the conference', { calls: [{ ...conference, dns: [customer, agent] }] }, true],
    ['while the colleague is asked', { calls: [question] }, false],
    ['the same, recorded', { calls: [question], recordings: [recordingOf(colleague, [200, 200], 'ASKED')] }, true],
    ['the conference stands', { calls: [conference] }, false],
    ['the colleague is recorded', { recordings: [recordingOf(agent), recordingOf(colleague, [0, 0])] }, false],
    ['one side of it is heard', { recordings: [recordingOf(agent), recordingOf(colleague, [30, 29])] }, false],
    ['both are', { recordings: [recordingOf(agent), recordingOf(colleague, [30, 30])] }, true],
    ['the agent has hung up', { calls: [{ ...conference, dns: [customer, colleague] }] }, false],
  ];

  it.each(order)('%s', (_, changes, enough) => {
    const hearing = { calls: [conference], recordings: [recordingOf(agent)], ...changes };
    expect(isEnoughSaid(couples, hearing, new Set(), false)).toBe(enough);
  });

  it('more is needed where packets go astray', () => {
    const hearing = { calls: [conference], recordings: [recordingOf(agent), recordingOf(colleague, [169, 200])] };
    expect(isEnoughSaid(couples, hearing, new Set(), false)).toBe(true);
    expect(isEnoughSaid(couples, hearing, new Set(), true)).toBe(false);
  });

  it('a recording that somebody else wanted stands for who talks with them', () => {
    const hearing = { calls: [conference], recordings: [recordingOf(agent)] };
    expect(isEnoughSaid(couples, hearing, new Set([agent]), false)).toBe(true);
  });

  it('nobody waits for what is to be discarded', () => {
    const forbidden = [{ dn: agent, otherDn: customer, callType: 'inbound', standing: 'discarded' }] as const;
    expect(isEnoughSaid(forbidden, { calls: [conference], recordings: [] }, new Set(), false)).toBe(true);
  });
});
