import { describe, expect, it } from 'vitest';
import type { Couple } from '#src/recording';
import type { CouplesTogether } from '#src/recording/consolidate';
import { conversationText } from '../../../ops/cli/couples-command.ts';

function couple(sid: string, dn: string, callType: Couple['callType']): Couple {
  return {
    ...{ sid, tenant: 'acme', callUuid: sid, connIds: [], recordingId: `rec-${sid}`, dn, otherDn: '0412', callType },
    ...{ phase: 'ended', startedMs: 0, holds: [], takes: [], standing: 'recording', problem: 'NO_PROBLEM' },
    request: { by: 'rule', phase: 'accepted', why: '' },
    externalData: {},
  };
}

describe('a conversation, as the command line shows it', () => {
  const couples = [couple('s1', '3556', 'inbound'), couple('s2', '3557', 'consult')];
  const conversation: CouplesTogether = { id: 'c1', couples, isTorn: false };

  it('R-CTI-5: names each of its couples, who called first', () => {
    const [title, , ...rows] = conversationText(conversation).split('\n');
    expect(title).toBe('conversation c1');
    expect(rows.join('\n')).toMatch(/s1 .*0412 → 3556.*\n.*s2 .*3557 → 0412/);
  });

  it('R-CTI-5: says when names join too many calls', () => {
    expect(conversationText({ ...conversation, isTorn: true })).toContain('joined with too many calls');
  });
});
