import { describe, expect, it } from 'vitest';
import { eventOf, type TLibEvent } from '#src/cti';
import { newDn, withAgentElsewhere, withEvent } from '../../../actors/dn/dn.core.ts';

describe('a DN', () => {
  it('R-MD-1: whose agent is elsewhere has none; that of another one stays', () => {
    const login = eventOf('EventAgentLogin', { ThisDN: '1', AgentID: 'a' }) as TLibEvent;
    const there = withEvent(newDn('1'), login);
    expect(withAgentElsewhere(there, 'a')).toEqual({ dn: '1', phase: 'unwatched', agentPhase: 'logged-out' });
    expect(withAgentElsewhere(there, 'b')).toBe(there);
  });
});
