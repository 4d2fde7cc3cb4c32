import { describe, expect, it } from 'vitest';
import type { SessionNews } from '#src/recording';
import { Register } from '../../../actors/tenant/register.ts';

const told = (more: Partial<SessionNews>): SessionNews => ({
  ...{ take: 't2', recordingId: 'theirs', tenant: 'acme', node: 'n1', form: 'msr', phase: 'recording', startedMs: 0 },
  ...{ paused: false, pauses: [], dialogs: [], streams: [], ...more },
});

describe('which call a session belongs to', () => {
  const register = new Register();
  register.begin('A');
  register.records({ callUuid: 'A', sid: 'sid-a', recordingId: 'theirs', isOwn: false });
  register.records({ callUuid: 'A', sid: 'sid-b', otherSid: 'sid-0', recordingId: 'ours', isOwn: true });
  register.took('A', 't1');

  it('R-REC-7, R-RUL-5: an id of somebody else may be used for one call after the other: the CallUUID decides', () => {
    expect(register.callOf(told({ callUuid: 'B' }), 'sure')).toBeUndefined();
    expect(register.callOf(told({ callUuid: 'A' }), 'sure')).toBe('A');
    expect(register.callOf(told({}), 'sure')).toBe('A');
    expect(register.callOf(told({ take: 't1', callUuid: 'B' }), 'sure')).toBe('A');
  });

  it('R-REC-7: an id of ours is of one call, whatever CallUUID the session names', () => {
    expect(register.callOf(told({ recordingId: 'ours', callUuid: 'B' }), 'sure')).toBe('A');
  });

  it('R-SHD-2: what is told again is not of a call that was taken up here when its party had left', () => {
    const dialog = (dn: string) =>
      ({ dialog: dn, callId: dn, fromTag: 't', phase: 'ended', dn, source: '', invitedMs: 0, metadata: {} }) as const;
    register.joined('A', '1003');
    const of = (dn: string) => told({ take: 't9', recordingId: 'other', callUuid: 'A', dialogs: [dialog(dn)] });
    expect(register.callOf(of('1003'), 'again')).toBe('A');
    expect(register.callOf(of('1004'), 'again')).toBeUndefined();
    expect(register.callOf(of('1004'), 'no')).toBe('A');
    expect(register.callOf({ ...of('1004'), take: 't1' }, 'again')).toBe('A');
  });
});
