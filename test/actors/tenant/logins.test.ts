import { describe, expect, it } from 'vitest';
import { eventOf, type TLibEvent } from '#src/cti';
import { Logins } from '../../../actors/tenant/logins.ts';

type AgentEvent = 'EventAgentLogin' | 'EventAgentLogout' | 'EventAgentReady';

const tell = (message: AgentEvent, dn: string, agentId: string) =>
  eventOf(message, { ThisDN: dn, AgentID: agentId }) as TLibEvent;
const [login, logout, ready] = ['EventAgentLogin', 'EventAgentLogout', 'EventAgentReady'] as const;

describe('who has logged in where', () => {
  it.each<[string, readonly [AgentEvent, string, string, string?][], readonly string[]]>([
    [
      'at another DN: the first one is left',
      [
        [login, '1', 'a'],
        [login, '2', 'a'],
      ],
      ['1'],
    ],
    [
      'at the same DN again: nothing is left',
      [
        [login, '1', 'a'],
        [login, '1', 'a'],
      ],
      [],
    ],
    [
      'after a logout: nothing is left',
      [
        [login, '1', 'a'],
        [logout, '1', 'a'],
        [login, '2', 'a'],
      ],
      [],
    ],
    [
      'another agent: nothing is left',
      [
        [login, '1', 'a'],
        [login, '2', 'b'],
      ],
      [],
    ],
    [
      'whose DN another agent has taken',
      [
        [login, '1', 'a'],
        [login, '1', 'b'],
        [login, '2', 'a'],
      ],
      [],
    ],
    [
      'a third time: only the last one is left',
      [
        [login, '1', 'a'],
        [login, '2', 'a'],
        [login, '3', 'a'],
      ],
      ['2'],
    ],
    [
      'who is ready elsewhere has not logged in there',
      [
        [login, '1', 'a'],
        [ready, '2', 'a'],
      ],
      [],
    ],
    [
      'the same code at another switch is somebody else',
      [
        [login, '1', 'a'],
        [login, '2', 'a', 'other'],
      ],
      [],
    ],
  ])('R-MD-1: %s', (_, events, left) => {
    const logins = new Logins();
    const all = events.map(([message, dn, agent, at = 'sw']) => logins.told(at, tell(message, dn, agent)));
    expect(all.at(-1)).toEqual(left);
  });
});
