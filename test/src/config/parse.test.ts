import { describe, expect, it } from 'vitest';
import {
  configSchema,
  defaultsAsYaml,
  listOptions,
  parseConfig,
  redacted,
  redisPlaceOf,
  redisPlaceText,
} from '#src/config';
import { TwinreelError } from '#src/errors';

function refusal(text: string): TwinreelError {
  try {
    parseConfig(text, 'a.yaml');
  } catch (error) {
    if (error instanceof TwinreelError) return error;
  }
  throw new Error('was not refused');
}

describe('configuration', () => {
  it('R-CFG-5: an empty file gives the defaults of the guide', () => {
    const { recorder } = parseConfig('', 'a.yaml');
    expect(recorder).toMatchObject({ streamsMax: 1350, silenceMsMax: 120_000, packetsMin: 40 });
  });

  it('R-CFG-5: a wrong setting is refused with its path, its value and what is allowed, all of them at once', () => {
    const { code, message } = refusal(
      'capture: {portMin: 99}\nsip: {address: 999.1.1.1}\nrecorder: {codecs: [foo], streams: 2}',
    );
    expect(code).toBe('config-invalid');
    expect(message.split('\n')).toEqual([
      'a.yaml is refused:',
      '  sip.address: "999.1.1.1" is not allowed; an IPv4 or IPv6 address',
      '  capture.portMin: 99 is not allowed; at least 1024',
      expect.stringContaining('recorder.codecs.0: "foo" is not allowed; one of PCMU, PCMA'),
      expect.stringContaining('recorder.streams: this setting is not allowed; settings here: codecs, streamsMax'),
    ]);
  });

  it('R-CFG-5: settings that contradict each other are refused', () => {
    expect(refusal('capture: {portMin: 3000, portMax: 2000}').message).toContain('capture.portMax: 2000');
  });

  it('R-CFG-5: a secret never stands in a message', () => {
    const { message, details } = refusal('edge: {secret: 4711}');
    expect(message + JSON.stringify(details)).not.toContain('4711');
  });

  it('R-HA-6: Redis is one server, sentinels or a cluster, and not several of them', () => {
    const refusedAt = (redis: string) => refusal(`redis: {${redis}}`).message.split('\n').slice(1);
    const one = 'only one of redis.url, redis.sentinels and redis.cluster';
    expect(refusedAt("url: 'redis://:4711@h:1', cluster: ['h:1']")).toEqual([
      `  redis.cluster: ["h:1"] is not allowed; ${one}`,
    ]);
    expect(refusedAt("sentinels: ['h:1'], masterName: m, cluster: ['h:2']")).toEqual([
      `  redis.cluster: ["h:2"] is not allowed; ${one}`,
    ]);
    expect(refusedAt("url: 'redis://h:1', sentinels: ['h:2'], masterName: m")).toEqual([
      `  redis.sentinels: ["h:2"] is not allowed; ${one}`,
    ]);
    expect(refusedAt("sentinels: ['h:1']")).toEqual([
      '  redis.masterName: nothing is not allowed; redis.sentinels and the name of their master go together',
    ]);
    expect(refusedAt('tls: true').join()).toContain('with redis.url say rediss://');
    expect(refusedAt("cluster: ['h']").join()).toContain('redis.cluster.0: "h" is not allowed; host:port');
  });

  it('R-HA-6: the configuration says where Redis is, before the environment does; what is shown of it has no password', () => {
    const placeOf = (redis: string, url?: string) =>
      redisPlaceOf(parseConfig(`redis: {${redis}}`, 'a.yaml').redis, url);
    const single = placeOf("url: 'redis://me:4711@h:1'", 'redis://other:1');
    const sentinels = placeOf("sentinels: ['h:1', 'i:1'], masterName: m, password: '4711'", 'redis://other:1');
    const cluster = placeOf("cluster: ['h:1', '[::1]:2'], password: '4711', tls: true");
    expect(single).toMatchObject({ url: 'redis://me:4711@h:1' });
    expect(sentinels).toMatchObject({ sentinels: ['h:1', 'i:1'], masterName: 'm', password: '4711' });
    expect(cluster).toMatchObject({ cluster: ['h:1', '[::1]:2'], tls: true });
    expect(placeOf('', 'redis://other:1')).toMatchObject({ url: 'redis://other:1' });
    expect(placeOf('')).toBeUndefined();
    const shown = [single!, sentinels!, cluster!].map(redisPlaceText);
    expect(shown).toEqual(['h:1', 'm of sentinels h:1, i:1', 'cluster h:1, [::1]:2']);
    expect(redacted({ url: 'redis://me:4711@h:1' })).toEqual({ url: 'redis://(hidden)@h:1' });
  });

  it('R-CFG-5: what is no YAML is refused as such', () => {
    expect(refusal('a: [').code).toBe('config-unreadable');
  });

  it('R-CFG-5: every option says what it means and has a default or none on purpose; the printed defaults are valid', () => {
    const options = listOptions();
    expect(options.filter((one) => one.about === '' || one.allowed === '')).toEqual([]);
    expect(options.filter((one) => one.default === undefined).map((one) => one.path)).toEqual([
      'sip.advertisedAddress',
      'sip.tlsCertificateFile',
      'sip.tlsKeyFile',
      'sip.tlsAuthoritiesFile',
      'recorder.offers.ownCopyMs',
      'links.certificateFile',
      'links.keyFile',
      'links.authoritiesFile',
      'core.rulesFile',
      'core.feedPort',
      'core.tenantDefaults.password',
      'core.tenantDefaults.rtpInfoPassword',
      'resourceManager.advertisedAddress',
      'replay.port',
      'replay.folder',
      'redis.url',
      'redis.masterName',
      'redis.user',
      'redis.password',
      'redis.sentinelPassword',
      'mail.host',
      'mail.user',
      'mail.password',
    ]);
    expect(parseConfig(defaultsAsYaml(), 'defaults')).toEqual(configSchema.parse({}));
  });

  it('R-CFG-5: nothing listens beyond loopback by default', () => {
    const { sip, edge, capture, recorder } = parseConfig('', 'a.yaml');
    const places = [sip.address, edge.host, capture.address, recorder.offers.address];
    expect(places).toEqual(Array(4).fill('127.0.0.1'));
  });
});
