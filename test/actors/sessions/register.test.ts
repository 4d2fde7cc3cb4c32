import { describe, expect, it } from 'vitest';
import { type Invite, planStreams, type WantedStream } from '#actors/session';
import { Register } from '../../../actors/sessions/register.ts';
import { inviteOf, type Words } from './stage.ts';

function streamsOf(invite: Invite): readonly WantedStream[] {
  const plan = planStreams(invite.dialog, invite.msr, invite.offer, ['PCMU']);
  if (plan.type === 'refused') throw new Error(plan.reason);
  return plan.streams;
}

/** A register in which each of the dialogs has joined the take before it that it belongs to, or begun one: 1, 2, 3… */
function registered(...dialogs: readonly Words[]): { register: Register; takes: string[] } {
  const register = new Register();
  const takes = dialogs.map((words, index) => {
    const invite = inviteOf(words);
    const take = register.joins(invite) ?? String(index + 1);
    if (!register.has(take)) register.begin(take, words.id ?? `unnamed-${take}`);
    register.join(take, invite, streamsOf(invite));
    return take;
  });
  return { register, takes };
}

describe('which session a dialog belongs to', () => {
  it.each<[string, readonly Words[], readonly string[]]>([
    [
      'the same id and CallUUID: one session',
      [
        { callId: 'a', id: 'r', callUuid: 'U' },
        { callId: 'b', id: 'r', callUuid: 'U' },
      ],
      ['1', '1'],
    ],
    [
      'the same id, none with a CallUUID: one session',
      [
        { callId: 'a', id: 'r' },
        { callId: 'b', id: 'r' },
      ],
      ['1', '1'],
    ],
    [
      'the same id, another CallUUID: the id was used for another call, two sessions',
      [
        { callId: 'a', id: 'r', callUuid: 'U' },
        { callId: 'b', id: 'r', callUuid: 'V' },
      ],
      ['1', '2'],
    ],
    [
      'other ids in one call, two recordings of it: two sessions',
      [
        { callId: 'a', id: 'r', callUuid: 'U' },
        { callId: 'b', id: 's', callUuid: 'U' },
      ],
      ['1', '2'],
    ],
    [
      'no id, the same CallUUID and recordDN: one session',
      [
        { callId: 'a', callUuid: 'U', recordDn: '3556' },
        { callId: 'b', callUuid: 'U', recordDn: '3556' },
      ],
      ['1', '1'],
    ],
    [
      'no id, another recordDN, both parties are recorded: two sessions',
      [
        { callId: 'a', callUuid: 'U', recordDn: '3556' },
        { callId: 'b', callUuid: 'U', recordDn: '0412' },
      ],
      ['1', '2'],
    ],
    [
      'an id pairs only with an id: two sessions',
      [
        { callId: 'a', id: 'r', callUuid: 'U', recordDn: '3556' },
        { callId: 'b', callUuid: 'U', recordDn: '3556' },
      ],
      ['1', '2'],
    ],
    [
      'a CallUUID alone says too little: two sessions',
      [
        { callId: 'a', callUuid: 'U' },
        { callId: 'b', callUuid: 'U' },
      ],
      ['1', '2'],
    ],
    ['nothing at all: each its own', [{ callId: 'a' }, { callId: 'b' }], ['1', '2']],
  ])('R-SIP-1: %s', (_, dialogs, takes) => expect(registered(...dialogs).takes).toEqual(takes));

  it('R-SIP-1: a take that is over is joined no more, and what follows is found under the new one', () => {
    const { register } = registered({ callId: 'a', id: 'r' });
    register.close('1');
    const late = inviteOf({ callId: 'b', id: 'r' });
    expect(register.joins(late)).toBeUndefined();
    register.begin('2', 'r');
    register.join('2', late, streamsOf(late));
    register.remove('1');
    expect(register.joins(inviteOf({ callId: 'c', id: 'r' }))).toBe('2');
    expect(register.ofDialog(late.dialog)).toBe('2');
  });

  it('R-SIP-1: dialogs and streams lead to their take until it is removed', () => {
    const { register } = registered({ callId: 'a', id: 'r', lines: 2 });
    const invite = inviteOf({ callId: 'a', lines: 2 });
    const names = streamsOf(invite).map((one) => one.stream);
    expect([register.ofDialog(invite.dialog), ...names.map((name) => register.ofStream(name))]).toEqual([
      '1',
      '1',
      '1',
    ]);
    register.remove('1');
    expect([register.ofDialog(invite.dialog), ...names.map((name) => register.ofStream(name))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('R-REC-6: a command reaches takes by take or by recording id, which several may carry', () => {
    const { register } = registered({ callId: 'a', id: 'r', callUuid: 'U' }, { callId: 'b', id: 'r', callUuid: 'V' });
    expect(register.named('r')).toEqual(['1', '2']);
    expect(register.named('2')).toEqual(['2']);
    expect(register.named('x')).toEqual([]);
  });

  it('a take begins once, and nobody joins one that has not begun: both are faults of the caller', () => {
    const { register } = registered({ callId: 'a' });
    expect(() => register.begin('1', 'r')).toThrow('begun already');
    expect(() => register.join('2', inviteOf({ callId: 'b' }), [])).toThrow('not begun');
  });
});

describe('how many streams are held', () => {
  const two = () => registered({ callId: 'a', id: 'r', lines: 2 }, { callId: 'b', id: 's' }).register;

  it.each<[string, (register: Register) => void, { sessions: number; held: number }]>([
    ['all that joined', () => {}, { sessions: 2, held: 3 }],
    ['less what was given back', (register) => register.release('1', 1), { sessions: 2, held: 2 }],
    ['never less than a take holds', (register) => register.release('2', 9), { sessions: 2, held: 2 }],
    ['nothing of a take that is gone', (register) => register.remove('1'), { sessions: 1, held: 1 }],
    [
      'each once, when a take gives back and goes',
      (register) => {
        register.release('1', 1);
        register.remove('1');
        register.remove('1');
        register.release('1', 1);
      },
      { sessions: 1, held: 1 },
    ],
    ['the same when a take is over but not gone', (register) => register.close('1'), { sessions: 2, held: 3 }],
  ])('R-REC-2: counts %s', (_, change, expected) => {
    const register = two();
    change(register);
    expect({ sessions: register.sessions, held: register.held }).toEqual(expected);
  });
});
