import { describe, expect, it } from 'vitest';
import { parseLegUri } from '../../../../ops/lab/media-server/leg-uri.core.ts';
import { planRecording, type RecordingSettings } from '../../../../ops/lab/media-server/recording-plan.core.ts';

const leg = { conference: 'C1', dn: '3556', callUuid: 'U1' };
const plan = (parameters: Readonly<Record<string, string>>, settings: RecordingSettings = {}) =>
  planRecording(new Map(Object.entries(parameters)), settings, { leg, otherDn: '0412', ownId: 'own-id' });

describe('the plan of a recording', () => {
  it('R-SIP-1: takes from the leg what the request does not say; a dialog for each party by default', () => {
    expect(plan({ recdest: 'sip:10.0.0.1:5062' })).toEqual({
      id: 'own-id',
      callUuid: 'U1',
      recordDn: '3556',
      dn: '3556',
      otherDn: '0412',
      form: 'per-party',
      recorders: [{ address: '10.0.0.1', port: 5062 }],
      keys: 'call',
    });
  });

  it('R-HA-3: a request goes before the settings, and each destination is its own', () => {
    const settings = { recdest: 'fixed,sip:10.0.0.1', recdest2: 'fixed, sip:10.0.0.2:5070', recmediactl: 'fixed,1' };
    const asked = { id: 'r', calluuid: 'U2', recorddn: '9', dn: '8', otherdn: '7', recdest: 'rec.example:5080' };
    expect(plan(asked, settings)).toEqual({
      id: 'r',
      callUuid: 'U2',
      recordDn: '9',
      dn: '8',
      otherDn: '7',
      form: 'single',
      recorders: [
        { address: 'rec.example', port: 5080 },
        { address: '10.0.0.2', port: 5070 },
      ],
      keys: 'call',
    });
  });

  it.each([
    ['nowhere', {}, {}, /no recdest/],
    ['failed', { recdest: 'sip:a b' }, {}, /sip:a b/],
    ['failed', { recdest: 'sip:r' }, { routset: 'sip:rm:5060;lr' }, /angle brackets/],
    ['refused', { recdest: 'sip:r', id: 'a@b' }, {}, /a@b/],
  ])('%s: %j with %j', (no, parameters, settings, reason) => {
    expect(plan(parameters, settings)).toEqual({ no, reason: expect.stringMatching(reason) });
  });

  it('R-SIP-1: recmediactl of the profile goes before the media server’s own', () => {
    const [asked, settings] = [{ recdest: 'sip:r', recmediactl: '1' }, { recmediactl: 'fixed,2' }];
    expect(plan(asked, settings)).toMatchObject({ form: 'single' });
  });

  it('recordings that bear names of files carry no key of their call (guide ch. 6)', () => {
    expect(plan({ recdest: 'sip:r', id: 'r', filename: 'U1_1' })).toMatchObject({ id: 'U1_1', keys: 'none' });
  });

  it('reads sip.routset as the guide writes it', () => {
    expect(plan({ recdest: 'sip:r' }, { routset: '< sip:10.0.0.9:5060;lr>' })).toMatchObject({
      route: 'sip:10.0.0.9:5060;lr',
    });
  });
});

describe('the URI of a leg', () => {
  it('names conference, DN and CallUUID; escapes are undone', () => {
    expect(parseLegUri('sip:msml=C1@127.0.0.1:5060;dn=%2B44123;calluuid=U1')).toEqual({
      conference: 'C1',
      dn: '+44123',
      callUuid: 'U1',
    });
    expect(parseLegUri('sip:MSML=C1@mcp;dn=3556;record')).toEqual({ conference: 'C1', dn: '3556', callUuid: 'C1' });
  });

  it.each(['sip:3556@mcp', 'sip:msml=@mcp;dn=1', 'sip:msml=C1@mcp', 'tel:1', 'sip:msml=C1@mcp;dn=%zz'])(
    '%s is none',
    (uri) => expect(parseLegUri(uri)).toBeUndefined(),
  );
});
