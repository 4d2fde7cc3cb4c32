import { describe, expect, it } from 'vitest';
import { labOptions, msmlServiceDn, recordingProfile } from '#ops/lab';
import type { SwitchDn } from '#ops/lab/sip-server';
import { readMsrOptions } from '../../../../ops/lab/sip-server/msr-options.core.ts';

// The options of guide chapter 6, their defaults, and what comes of a wrong one.

const contact = { address: '10.0.0.9', port: 5070 };
const profile = recordingProfile({ address: '10.0.0.1', port: 5062 });

interface Change {
  readonly application?: Readonly<Record<string, string | undefined>>;
  readonly service?: Readonly<Record<string, string | undefined>>;
  readonly profile?: Readonly<Record<string, string>>;
  readonly dns?: readonly SwitchDn[];
}

/** All as the guide has it, but for the change; `undefined` leaves an option out. */
function read(change: Change = {}) {
  const without = (options: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(Object.entries(options).filter((pair): pair is [string, string] => pair[1] !== undefined));
  const service = msmlServiceDn(contact);
  return readMsrOptions({
    application: without({ ...labOptions, ...change.application }),
    dns: [{ ...service, options: without({ ...service.options, ...change.service }) }, ...(change.dns ?? [])],
    tenant: 'Environment',
    profile: change.profile ?? profile,
  });
}

describe('options of guide chapter 6', () => {
  it('R-OPS-4: all as the guide has it: recordings can be asked for, and go where the profile says', () => {
    expect(read()).toEqual({
      services: [{ dn: 'MSML_Service', contact, transfers: true, ringTone: false, rfc3725: true, rfc3264: true }],
      profile: { recdest: 'sip:10.0.0.1:5062', recmediactl: '2' },
      recordConsultCalls: false,
      recordsOutside: false,
      remarks: [],
    });
  });

  it('R-OPS-4: a configuration that says nothing has the defaults of the guide: nothing can be recorded', () => {
    const {
      services,
      refused,
      recordConsultCalls,
      filename,
      profile: given,
    } = readMsrOptions({
      application: {},
      dns: [msmlServiceDn(contact)],
      tenant: 'Environment',
      profile,
    });
    expect([services, recordConsultCalls, filename]).toEqual([[], false, undefined]);
    expect(refused).toMatch(/^msml-support is not true/);
    // resource-management-by-rm is true by default.
    expect(given).toHaveProperty('recdest');
  });

  it.each<[string, Change, RegExp]>([
    ['msml-support=false', { application: { 'msml-support': 'false' } }, /^msml-support is not true/],
    ['msml-support missing', { application: { 'msml-support': undefined } }, /^msml-support is not true/],
    ['msml-support=yes, which is no value', { application: { 'msml-support': 'yes' } }, /^msml-support is not true/],
    ['msml-record-support=false', { application: { 'msml-record-support': 'false' } }, /NETANN/],
    ['msml-record-support missing', { application: { 'msml-record-support': undefined } }, /NETANN/],
    ['service-type missing', { service: { 'service-type': undefined } }, /^no DN is an msml service/],
    ['service-type=media', { service: { 'service-type': 'media' } }, /^no DN is an msml service/],
    ['contact missing', { service: { contact: undefined } }, /^no DN is an msml service/],
    ['contact without sip:', { service: { contact: '10.0.0.9:5070' } }, /^no DN is an msml service/],
    ['prefix missing', { service: { prefix: undefined } }, /^no DN is an msml service/],
    ['prefix=conf=', { service: { prefix: 'conf=' } }, /^no DN is an msml service/],
    ['subscription-id missing', { service: { 'subscription-id': undefined } }, /^no DN is an msml service/],
    ['subscription-id of another tenant', { service: { 'subscription-id': 'Resources' } }, /^no DN is an msml service/],
  ])('R-OPS-4: %s: recordings are refused, and it is said why', (_, change, why) => {
    const { refused, remarks } = read(change);
    expect(refused).toMatch(why);
    if (change.service)
      expect(remarks).toEqual([expect.stringMatching(/MSML_Service is no msml service.* is needed$/)]);
  });

  it.each<[string, Change, object]>([
    ['refer-enabled=true', { service: { 'refer-enabled': 'true' } }, { transfers: false }],
    ['refer-enabled missing', { service: { 'refer-enabled': undefined } }, { transfers: false }],
    ['make-call-rfc3725-flow missing', { service: { 'make-call-rfc3725-flow': undefined } }, { rfc3725: false }],
    ['make-call-rfc3725-flow=2', { service: { 'make-call-rfc3725-flow': '2' } }, { rfc3725: false }],
    ['sip-hold-rfc3264 missing', { service: { 'sip-hold-rfc3264': undefined } }, { rfc3264: false }],
  ])('R-OPS-4: %s: recordings work, that does not', (_, change, expected) => {
    const { refused, services } = read(change);
    expect(refused).toBeUndefined();
    expect(services).toMatchObject([expected]);
  });

  it.each(['true', undefined])(
    'R-OPS-4: ring-tone-on-make-call=%s: a tone is played, and it is said that false is better',
    (value) => {
      const { refused, remarks, services } = read({ service: { 'ring-tone-on-make-call': value } });
      expect([refused, remarks]).toEqual([undefined, [expect.stringContaining('false is recommended')]]);
      expect(services).toMatchObject([{ ringTone: true }]);
      expect(read({}).services).toMatchObject([{ ringTone: false }]);
    },
  );

  it('R-OPS-4: several services share the load: all of them are used', () => {
    const second = { ...msmlServiceDn({ address: '10.0.0.10', port: 5070 }), number: 'MSML_2' };
    expect(read({ dns: [second] }).services.map(({ dn }) => dn)).toEqual(['MSML_Service', 'MSML_2']);
  });

  it('R-OPS-4: resource-management-by-rm=false: nobody hands the profile on', () => {
    const { refused, profile: given, remarks } = read({ application: { 'resource-management-by-rm': 'false' } });
    expect([refused, given]).toEqual([undefined, {}]);
    expect(remarks).toEqual([expect.stringContaining('no IVR profile')]);
  });

  it.each([
    ['not written fixed,…', { 'recordingclient.recdest': 'sip:10.0.0.1:5062' }, {}],
    ['under another name', { recdest: 'fixed,sip:10.0.0.1:5062' }, {}],
    ['one dialog for both parties', { 'recordingclient.recmediactl': 'fixed,1' }, { recmediactl: '1' }],
    ['a second place', { 'recordingclient.recdest2': 'fixed, sip:10.0.0.2' }, { recdest2: 'sip:10.0.0.2' }],
  ])('R-OPS-4: a profile: %s', (_, given, expected) => {
    expect(read({ profile: given }).profile).toEqual(expected);
  });

  it('R-OPS-4: recording-filename, record-consult-calls, and record on a trunk are what the guide warns of', () => {
    expect(read({ application: { 'recording-filename': '$UUID$_1' } }).filename).toBe('$UUID$_1');
    expect(read({ application: { 'record-consult-calls': 'true' } }).recordConsultCalls).toBe(true);
    const trunk = (record: string): SwitchDn => ({ number: 'TRUNK', type: 'trunk', options: { record } });
    expect(read({ dns: [trunk('true')] }).recordsOutside).toBe(true);
    expect(read({ dns: [trunk('false')] }).recordsOutside).toBe(false);
  });
});
