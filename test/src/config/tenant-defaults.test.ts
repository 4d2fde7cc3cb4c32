import { describe, expect, it } from 'vitest';
import { parseConfig, redacted, tenantConfigOf } from '#src/config';
import { messageOf } from '#src/errors';

function refusal(core: string): string[] {
  try {
    parseConfig(`core: ${core}`, 'a.yaml');
  } catch (error) {
    return messageOf(error).split('\n').slice(1);
  }
  throw new Error('was not refused');
}

describe('settings of tenants', () => {
  it('R-CFG-4: have the defaults of the guide', () => {
    expect(tenantConfigOf(parseConfig('', 'a.yaml'), 'anybody')).toEqual({
      clientIdentification: 'callrec',
      includeDns: [],
      excludeDns: [],
      geoLocation: 'do-not-send',
      dest: '',
      dest2: '',
      notification: {
        audio: true,
        audioKey: 'RECORDING_STATUS',
        audioKeyOptional: 'GIM',
        video: true,
        videoKey: 'RECORDING_VIDEO_STATUS',
        videoKeyOptional: 'GIM',
        recording: 'RECORDING_YES',
        notRecording: 'RECORDING_NO',
        noLongerRecording: 'RECORDING_NO_LONGER',
        prerecording: 'RECORDING_PRERECORD',
        undefined: 'RECORDING_UNDEFINED',
      },
      webhooks: [],
      userData: [],
      otherUserData: true,
      attributes: [],
      agentName: { enabled: true, order: 'first-last', delimiter: 'space', custom: '' },
    });
  });

  it('R-CFG-4: are those of all, but for what a tenant says itself, down to each setting', () => {
    const config = parseConfig(
      `
core:
  tenantDefaults: { clientIdentification: twinreel, includeDns: ['1-9'], agentName: { order: last-first } }
  tenants:
    - { name: Tenant 1, agentName: { delimiter: comma-space }, includeDns: [3000-3999], rtpInfoPassword: unused }
    - { name: Tenant 2 }
`,
      'a.yaml',
    );
    expect(tenantConfigOf(config, 'Tenant 1')).toMatchObject({
      clientIdentification: 'twinreel',
      includeDns: ['3000-3999'],
      agentName: { order: 'last-first', delimiter: 'comma-space' },
    });
    const { name, switches, ...second } = config.core.tenants[1]!;
    expect([name, switches]).toEqual(['Tenant 2', []]);
    expect(second).toEqual(config.core.tenantDefaults);
    expect(tenantConfigOf(config, 'Tenant 3')).toEqual(config.core.tenantDefaults);
  });

  it.each<[string, string, string]>([
    [
      '{operationMode: EPR}',
      'core.operationMode: "EPR"',
      'MSR; EPR is refused: Twinreel takes what a media server replicates',
    ],
    ['{tenantDefaults: {geoLocation: left}}', '"left"', 'one of do-not-send, source, destination'],
    ['{tenantDefaults: {includeDns: ["20-10"]}}', 'includeDns.0: "20-10"', 'begins with the smaller number: 10-20'],
    ['{tenants: [{name: A, excludeDns: ["(12"]}]}', 'core.tenants.0.excludeDns.0: "(12"', 'regular expression'],
    ['{tenants: [{name: A, dest: rec}]}', 'core.tenants.0.dest: "rec"', 'a SIP address'],
    ['{tenants: [{name: A, password: 7}]}', 'core.tenants.0.password: (hidden)', 'of type string'],
    [
      '{tenants: [{name: A, agentName: {delimiter: custom, custom: ......}}]}',
      'agentName.custom: "......"',
      'at most 5',
    ],
    ['{tenants: [{name: A, agentName: {delimiter: custom}}]}', 'agentName.custom', '1 to 5 characters'],
    ['{tenants: [{name: A, notification: {audioKey: ""}}]}', 'notification.audioKey: ""', '1 to 100 printable'],
    [
      '{tenants: [{name: A, notification: {videoKey: RECORDING_STATUS}}]}',
      'notification.videoKey',
      'keys of their own',
    ],
    [
      '{tenants: [{name: A, notify: true}]}',
      'core.tenants.0.notify: this setting',
      'name, switches, feedToken, clientIdentification',
    ],
    ['{tenants: [{name: A}, {name: A}]}', 'core.tenants', 'each tenant is named once'],
    [
      '{tenantDefaults: {webhooks: [{url: "ftp://x", secret: 0123456789abcdef}]}}',
      'webhooks.0.url: "ftp://x"',
      'https://',
    ],
    ['{tenantDefaults: {webhooks: [{url: "http://x", secret: short}]}}', 'webhooks.0.secret: (hidden)', 'at least 16'],
    [
      '{tenants: [{name: A, feedToken: 0123456789abcdef}, {name: B, feedToken: 0123456789abcdef}]}',
      'core.tenants: ',
      'a feedToken is that of one tenant',
    ],
    ['{tenants: [7]}', 'core.tenants.0: 7', 'of type object'],
  ])('R-CFG-4, R-CFG-5: %s is refused, saying what is allowed', (core, found, allowed) => {
    const lines = refusal(core);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(found);
    expect(lines[0]).toContain(allowed);
  });

  it('R-CFG-5: what is wrong with the defaults is said once, not for every tenant', () => {
    expect(refusal('{tenantDefaults: {dest: x}, tenants: [{name: A}, {name: B, dest: y}]}')).toEqual([
      expect.stringContaining('core.tenantDefaults.dest: "x"'),
      expect.stringContaining('core.tenants.1.dest: "y"'),
    ]);
  });

  it('R-OPS-6: secrets are hidden where settings are shown', () => {
    const config = parseConfig('core: {tenants: [{name: A, password: s3cret}]}\nlinks: {secret: s3cret}', 'a.yaml');
    expect(JSON.stringify(redacted(config))).not.toContain('s3cret');
    expect(redacted(config).core.tenants[0]).toMatchObject({ name: 'A', password: '(hidden)' });
  });
});
