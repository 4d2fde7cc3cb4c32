import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMsrInvite } from '#src/sip';

describe('MSR Request-URI', () => {
  it('R-SIP-1: reads the per-party form', () => {
    const uri = 'sip:record=gqm-01J@rec.example:5060;calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M;dn=3556;recordDN=3556';
    expect(parseMsrInvite(uri, [])).toEqual({
      recordingId: 'gqm-01J',
      callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M',
      dn: '3556',
      recordDn: '3556',
      metadata: {},
    });
  });

  it('R-SIP-1: reads the single-dialog form with both parties and keeps parameters it does not know', () => {
    const uri = 'sip:record=a%3Ab@rec;calluuid=C;dn=3556;otherDN=0412345678;recordDN=3556;site=left';
    expect(parseMsrInvite(uri, [])).toMatchObject({
      recordingId: 'a:b',
      otherDn: '0412345678',
      metadata: { site: 'left' },
    });
  });

  it('R-SIP-1: reads an id without @, as older media servers send it', () => {
    expect(parseMsrInvite('sip:record=2018-02-21:20-14-192.168.1.8:15060', []).recordingId).toBe(
      '2018-02-21:20-14-192.168.1.8:15060',
    );
  });

  it('R-SIP-1: takes the CallUUID from the header when the URI has none, and keeps X-Genesys headers as metadata', () => {
    const headers = [
      ['x-genesys-calluuid', 'U1'],
      ['X-Genesys-GVP-Session-ID', 'guid;gvp.rm.datanodes=2|1'],
      ['User-Agent', 'mcp'],
    ] as const;
    expect(parseMsrInvite('sip:record=r@h;dn=1', headers)).toEqual({
      recordingId: 'r',
      callUuid: 'U1',
      dn: '1',
      metadata: { 'x-genesys-calluuid': 'U1', 'x-genesys-gvp-session-id': 'guid;gvp.rm.datanodes=2|1' },
    });
  });

  it('R-SIP-1: never throws, whatever the URI is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (uri, value) => {
        const read = parseMsrInvite(`sip:${uri}`, [['X-Genesys-A', value]]);
        expect(Object.keys(read.metadata).length).toBeLessThanOrEqual(64);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
