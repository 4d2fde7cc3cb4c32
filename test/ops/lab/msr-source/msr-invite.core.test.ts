import { describe, expect, it } from 'vitest';
import { parseMsrInvite, parseOffer } from '#src/sip';
import { type MsrCallFacts, msrInvites, msrOffer } from '../../../../ops/lab/msr-source/msr-invite.core.ts';

const pcmu = { payloadType: 0, codec: 'PCMU', clockRateHz: 8000 };
const g729 = { payloadType: 18, codec: 'G729', clockRateHz: 8000 };
const call: MsrCallFacts = {
  recordId: 'gqm-01J',
  callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M',
  parties: [
    { dn: '3556', formats: [pcmu] },
    { dn: '0412345678', formats: [g729, pcmu] },
  ],
  sessionId: '8A2C2F5E-0001-4E0C-A64C-000000000001',
  tenant: { path: 'Environment/Larkfield', dbid: 102 },
};
const recorder = { address: '192.0.2.7', port: 5060 };

describe('msr-invite', () => {
  it('R-SIP-1: one INVITE per party, both with the recording party as recordDN', () => {
    const invites = msrInvites('per-party', call, recorder);
    expect(invites.map(({ requestUri, parties }) => [requestUri, parties])).toEqual([
      ['sip:record=gqm-01J@192.0.2.7:5060;calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M;dn=3556;recordDN=3556', [0]],
      ['sip:record=gqm-01J@192.0.2.7:5060;calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M;dn=0412345678;recordDN=3556', [1]],
    ]);
  });

  it('R-SIP-1: a single INVITE names both parties', () => {
    const [invite, ...others] = msrInvites('single', call, recorder);
    expect(others).toEqual([]);
    expect(invite!.parties).toEqual([0, 1]);
    expect(invite!.requestUri).toBe(
      'sip:record=gqm-01J@192.0.2.7:5060;calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M;dn=3556;otherDN=0412345678;recordDN=3556',
    );
  });

  it('says what the recorder reads', () => {
    const [invite] = msrInvites('single', call, recorder);
    expect(parseMsrInvite(invite!.requestUri, Object.entries(invite!.headers))).toMatchObject({
      recordingId: 'gqm-01J',
      callUuid: call.callUuid,
      dn: '3556',
      otherDn: '0412345678',
      recordDn: '3556',
      metadata: {
        'x-genesys-gvp-session-id': `${call.sessionId};gvp.rm.datanodes=2|1;gvp.rm.tenant-id=1.102_MSML_PROFILE`,
        'x-genesys-gvp-session-data': `callsession=${call.sessionId};1;1;;;;Environment/Larkfield;MSML_PROFILE`,
      },
    });
    expect(invite!.headers).toMatchObject({ Supported: 'timer, uui', To: '<sip:record=gqm-01J@192.0.2.7:5060>' });
  });

  it('offers one m-line per stream, sendonly or inactive, with each party its codecs', () => {
    const address = '192.0.2.20';
    const text = msrOffer(7, 2, [
      { address, port: 40_000, formats: [pcmu], direction: 'sendonly' },
      { address, port: 40_002, formats: [g729, pcmu], direction: 'inactive' },
    ]);
    expect(text).toContain('o=Genesys 7 2 IN IP4 192.0.2.20\r\n');
    const { media } = parseOffer(text);
    expect(media.map(({ port, direction, formats }) => [port, direction, formats.map(({ codec }) => codec)])).toEqual([
      [40_000, 'sendonly', ['PCMU', 'telephone-event']],
      [40_002, 'inactive', ['G729', 'PCMU', 'telephone-event']],
    ]);
  });
});
