import { describe, expect, it } from 'vitest';
import { parseMetadata } from '#src/sip/siprec';
import { sessionMetadata } from '../../../../ops/lab/siprec-client/session-metadata.ts';

describe('what the recording client tells', () => {
  it('R-LAB-1, R-SIP-2: is read as it was said, whatever a name holds', () => {
    const parties = [
      { number: '1001', name: 'Alice <A> & "B"' },
      { number: '1002', name: 'Bob' },
    ];
    expect(parseMetadata(sessionMetadata(parties, 'ab12'))).toMatchObject({
      mode: 'complete',
      sessions: [{ id: 's1', sipSessionId: 'ab12' }],
      participants: [
        { id: 'p1', aor: 'sip:1001@lab', name: 'Alice <A> & "B"' },
        { id: 'p2', aor: 'sip:1002@lab', name: 'Bob' },
      ],
      streams: [
        { id: 'm1', session: 's1', label: '1' },
        { id: 'm2', session: 's1', label: '2' },
      ],
    });
  });
});
