// Facts as small as they may be, for tests.

import type { Fact } from '#cluster/outbox';
import type { Couple } from '#src/recording';

export function couple(sid: string, problem: Couple['problem'] = 'NO_PROBLEM'): Fact {
  const names = { sid, tenant: 'acme', callUuid: `C${sid}`, recordingId: `r${sid}`, dn: '1001' };
  const request = { by: 'rule', phase: 'accepted', why: 'a rule' } as const;
  const state = {
    callType: 'inbound',
    phase: 'talking',
    startedMs: 1,
    standing: 'recording',
    request,
    problem,
  } as const;
  return { type: 'couple', couple: { ...names, ...state, connIds: [], holds: [], takes: [], externalData: {} } };
}

export function finished(take: string): Fact {
  const names = { tenant: 'acme', node: 'n1', take, recordingId: `r${take}`, folder: `2026-01-02/${take}` };
  return { type: 'finished', finished: { ...names, manifestDigest: 'ab', lengthMs: 9, packets: 7, problems: [] } };
}

export function nameOf(fact: Fact): string {
  return fact.type === 'couple' ? `${fact.couple.sid} ${fact.couple.problem}` : `take ${fact.finished.take}`;
}
