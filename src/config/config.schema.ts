// Every setting of a node: its unit, its default, what is allowed. The defaults run the embedded cluster on loopback.

import { z } from 'zod';
import { captureSchema } from './capture.schema.ts';
import { redisSchema } from './redis.schema.ts';
import { replaySchema } from './replay.schema.ts';
import { resourceManagerSchema } from './resource-manager.schema.ts';
import { nodeSchema, shardsSchema } from './shards.schema.ts';
import { tenantDefaultsSchema, tenantSchema } from './tenant.schema.ts';
import { address, filePath, hostPort, milliseconds, name, port } from './values.schema.ts';

/** Codecs a recorder can be told to accept, by their SDP names. */
export const codecNames = ['PCMU', 'PCMA', 'G722', 'G729', 'CN', 'telephone-event', 'opus'] as const;

const listener = z
  .string()
  .regex(
    /^(udp|tcp|tls)\/(\[[0-9A-Fa-f:.]+\]|[0-9.]+):\d{1,5}$/,
    'transport/address:port, such as udp/192.0.2.1:5060 or tls/[2001:db8::1]:5061',
  );

const sip = z
  .strictObject({
    address: address.default('127.0.0.1').describe('address the SIP sockets are bound to'),
    port: port.default(5060).describe('UDP and TCP port for SIP; 0 takes any free one, see run/node.json'),
    advertisedAddress: address
      .optional()
      .describe('address peers are told; without it the one above, or for 0.0.0.0 the first of this machine'),
    listeners: z
      .array(listener)
      .max(16)
      .default([])
      .describe('further places to listen at, such as udp/192.0.2.1:5060'),
    tlsPort: port.default(5061).describe('TLS port for SIP, used when there is a certificate'),
    tlsCertificateFile: filePath
      .optional()
      .describe('PEM file of the certificate chain; with it SIP over TLS is spoken'),
    tlsKeyFile: filePath.optional().describe('PEM file of the key that belongs to the certificate'),
    tlsAuthoritiesFile: filePath
      .optional()
      .describe('PEM file of the authorities that certify peers; without it those Node knows'),
    tlsMutual: z.boolean().default(false).describe('true: who connects over TLS must show a certificate'),
  })
  .refine((sip) => (sip.tlsCertificateFile === undefined) === (sip.tlsKeyFile === undefined), {
    path: ['tlsKeyFile'],
    message: 'a certificate and its key go together',
  })
  .refine((sip) => sip.tlsCertificateFile !== undefined || !sip.listeners.some((one) => one.startsWith('tls/')), {
    path: ['listeners'],
    message: 'a tls listener needs tlsCertificateFile and tlsKeyFile',
  });

const edge = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('where the drachtio application protocol is offered, or the host of a drachtio-server'),
  port: port.default(9022).describe('TCP port of the drachtio application protocol; 0 takes any free one'),
  secret: z
    .string()
    .min(1)
    .default('cymru')
    .describe('shared secret of applications; set your own when not on loopback')
    .meta({ secret: true }),
  embedded: z
    .boolean()
    .default(true)
    .describe('true: the keeper runs our own edge; false: connect to the drachtio-server at host and port'),
});

/** Where a node's finished recordings are fetched, and when its own copies may go. */
const offers = z.strictObject({
  address: address.default('127.0.0.1').describe('address replay stores fetch finished recordings at'),
  port: port.default(0).describe('TCP port for that; 0 takes any free one, which stores find through Redis'),
  copiesMin: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('replay stores that must have a recording before the node may remove its own copy'),
  ownCopyMs: milliseconds(10 * 365 * 86_400_000)
    .optional()
    .describe('milliseconds a node keeps its own copy of a recording that stores have; without it for ever'),
});

const recorder = z.strictObject({
  codecs: z
    .array(z.enum(codecNames))
    .min(1)
    .default([...codecNames])
    .describe('codecs accepted in an offer (guide: -A)'),
  streamsMax: z.int().min(2).max(20_000).default(1_350).describe('streams held at once, two per call (guide: -S)'),
  silenceMsMax: milliseconds(86_400_000)
    .default(120_000)
    .describe('milliseconds without RTP before a stream is closed (guide: -t)'),
  packetsMin: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(40)
    .describe('packets below which a stream is marked as too short (guide: -m)'),
  lingerMs: milliseconds(60_000)
    .default(500)
    .describe('milliseconds a recording whose dialogs have ended waits for another one of the same call'),
  retryAfterSeconds: z.int().min(1).max(3_600).default(5).describe('seconds in the Retry-After of a 503'),
  sessionExpiresSeconds: z
    .int()
    .min(90)
    .max(86_400)
    .default(1_800)
    .describe('seconds of the session timer when the peer asks for one'),
  cores: z
    .array(hostPort)
    .max(64)
    .default([])
    .describe('cores that are told of every session, besides those found in Redis (guide: -w)'),
  tags: z
    .record(name, z.string().max(255))
    .refine((tags) => Object.keys(tags).length <= 16, 'at most 16 tags')
    .default({})
    .describe(
      'what couples say of recordings taken here, such as location: Brno, where one call is recorded at several',
    ),
  finishAttemptsMax: z
    .int()
    .min(1)
    .max(1_000)
    .default(10)
    .describe('attempts at a recording that cannot be finished before it is set aside, with an alarm'),
  ffmpeg: filePath
    .default('ffmpeg')
    .describe(
      'the ffmpeg program that decodes G.729 and Opus for exports: a path, or a name on the PATH; may be missing',
    ),
  finishBatchMax: z.int().min(1).max(1_000).default(100).describe('recordings finished in one pass over the journal'),
  offers: offers.prefault({}),
});

const directoryNumber = z.string().min(1).max(64);

const directory = z.strictObject({
  servers: z
    .array(hostPort)
    .max(2)
    .default([])
    .describe('configuration server that knows tenants, switches and DNs: primary, then secondary; empty: none'),
  application: z
    .string()
    .min(1)
    .max(255)
    .default('CallREC_GIM')
    .describe('name of our application (guide: Application Name)'),
  user: z.string().min(1).max(255).default('default').describe('who we log in as'),
  password: z.string().max(255).default('').describe('password of the user').meta({ secret: true }),
  updateMs: milliseconds(86_400_000)
    .default(1_800_000)
    .describe('milliseconds after which everything is read anew (guide: Update Period)'),
  onlyTenants: z
    .array(z.string().min(1))
    .max(1_000)
    .default([])
    .describe('names of the only tenants to connect to; empty: all'),
  acdPositions: z.boolean().default(true).describe('false: DNs of type ACD Position are not watched'),
});

const core = z
  .strictObject({
    linkAddress: address.default('127.0.0.1').describe('address recorders reach this core at'),
    linkPort: port.default(9040).describe('TCP port recorders reach this core at; 0 takes any free one (guide: -w)'),
    operationMode: z
      .string()
      .refine(
        (mode) => mode === 'MSR',
        'MSR; EPR is refused: Twinreel takes what a media server replicates, not what phones send',
      )
      .default('MSR')
      .describe('how audio reaches recorders (guide: Operation Mode)'),
    reconnect: z
      .boolean()
      .default(true)
      .describe('false: a telephony server that is lost is not looked for again (guide: Reconnect Enabled)'),
    reconnectMs: milliseconds(3_600_000)
      .default(30_000)
      .describe('milliseconds between two attempts to reach a telephony server (guide: Reconnect Time)'),
    graceMs: milliseconds(600_000)
      .default(10_000)
      .describe('milliseconds a recording session waits for the events of its call'),
    mediaMsMax: milliseconds(600_000)
      .default(10_000)
      .describe('milliseconds a couple waits for its media before that counts as a problem'),
    lingerMs: milliseconds(600_000)
      .default(5_000)
      .describe('milliseconds a call that is over is kept for what comes late'),
    lostLingerMs: milliseconds(86_400_000)
      .default(900_000)
      .describe('milliseconds a call that is over is kept while a recorder that went with a part of it may come back'),
    afterCallWorkMsMax: milliseconds(86_400_000)
      .default(900_000)
      .describe('milliseconds after which after-call work counts as over, if nobody ends it'),
    enquireMs: milliseconds(600_000)
      .default(10_000)
      .describe('milliseconds between two questions about a call that rings, or of which nothing is recorded'),
    recorderReturnMs: milliseconds(600_000)
      .default(3_000)
      .describe(
        'milliseconds a recorder that went may take to come back before what it held counts as lost (guide: Timeout of Detect Recorder Ping)',
      ),
    detectRecorderPing: z
      .enum(['on', 'off', 'unless-duplicated'])
      .default('unless-duplicated')
      .describe(
        'whether a recording is asked for again when all its recorders are lost; unless-duplicated: not for tenants with dest2 (guide: Detect Recorder Ping)',
      ),
    twinWaitMs: milliseconds(10_000)
      .default(300)
      .describe('milliseconds a core that stands by waits for what its twin does before it does it itself'),
    orphans: z
      .enum(['all', 'own'])
      .default('all')
      .describe('which recordings without telephony events become couples here: all, or those of DNs that are watched'),
    record: z
      .array(directoryNumber)
      .max(200_000)
      .default([])
      .describe('DNs whose calls are recorded, where there is no rules file; empty: every DN that is watched'),
    rulesFile: filePath
      .optional()
      .describe('file of recording rules, YAML or JSON; changes take effect without restart, wrong ones not at all'),
    keepMs: milliseconds(86_400_000)
      .default(300_000)
      .describe('milliseconds after the end of a pre-recorded call in which it can still be asked for'),
    ledgerDays: z
      .int()
      .min(1)
      .max(3_650)
      .default(30)
      .describe('days for which a core remembers why calls were recorded or not'),
    webhookTimeoutMs: milliseconds(60_000).default(10_000).describe('milliseconds a webhook may take to answer'),
    webhookAttemptsMax: z
      .int()
      .min(1)
      .max(100)
      .default(20)
      .describe('attempts at a webhook, 1 s to 10 min apart, before a message is given up, with an alarm'),
    webhookQueueMax: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(50_000)
      .describe('messages that wait for a webhook; over it the oldest is dropped, with an alarm'),
    feedAddress: address.default('127.0.0.1').describe('address of the live feed'),
    feedPort: port
      .optional()
      .describe('TCP port of the live feed (HTTP, server-sent events); without it there is none'),
    tenantDefaults: tenantDefaultsSchema.prefault({}),
    tenants: z
      .array(tenantSchema)
      .max(1_000)
      .default([])
      .describe('tenants with settings or switches of their own; what one leaves out is as in tenantDefaults'),
  })
  .refine((one) => one.rulesFile === undefined || one.record.length === 0, {
    path: ['record'],
    message: 'nothing beside core.rulesFile: the rules say what is recorded',
  })
  .refine((one) => new Set(one.tenants.map(({ name: called }) => called)).size === one.tenants.length, {
    path: ['tenants'],
    message: 'each tenant is named once',
  })
  .refine(
    ({ tenants }) => {
      const tokens = tenants.flatMap(({ feedToken }) => feedToken ?? []);
      return new Set(tokens).size === tokens.length;
    },
    { path: ['tenants'], message: 'a feedToken is that of one tenant' },
  );

const links = z
  .strictObject({
    secret: z
      .string()
      .min(1)
      .default('twinreel')
      .describe('shared secret of recorders, cores and replay stores; set your own when not on loopback')
      .meta({ secret: true }),
    certificateFile: filePath
      .optional()
      .describe(
        'PEM file of a certificate whose common name is that of the node; without it the one from joining, if any',
      ),
    keyFile: filePath.optional().describe('PEM file of the key that belongs to the certificate'),
    authoritiesFile: filePath.optional().describe('PEM file of the authorities that certify the nodes'),
    beatMs: milliseconds(60_000).default(250).describe('milliseconds between two signs of life over a link'),
    missedMax: z
      .int()
      .min(2)
      .max(100)
      .default(4)
      .describe('signs of life that may be missed before a link counts as lost'),
  })
  .refine(
    ({ certificateFile, keyFile, authoritiesFile }) =>
      new Set([certificateFile, keyFile, authoritiesFile].map((file) => file === undefined)).size === 1,
    { path: ['certificateFile'], message: 'certificateFile, keyFile and authoritiesFile go together' },
  );

const mail = z
  .strictObject({
    host: z.string().min(1).max(255).optional().describe('SMTP server that alarms go out by; without it none do'),
    port: z.int().min(1).max(65_535).default(25).describe('TCP port of the SMTP server'),
    tls: z
      .enum(['offered', 'required', 'implicit', 'none'])
      .default('offered')
      .describe('TLS as soon as the server offers it, or only with it, or from the first byte, or never'),
    user: z.string().max(255).optional().describe('who we log in as; without it we do not'),
    password: z.string().max(255).optional().describe('password of the user').meta({ secret: true }),
    from: z.email().default('twinreel@localhost.localdomain').describe('who alarms come from'),
    to: z.array(z.email()).max(64).default([]).describe('who gets alarms'),
    quietMs: milliseconds(86_400_000)
      .default(600_000)
      .describe('milliseconds in which one kind of alarm is mailed once; what comes meanwhile is counted'),
  })
  .refine(({ host, to }) => host === undefined || to.length > 0, {
    path: ['to'],
    message: 'a server needs somebody to write to',
  });

const logging = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('least severe line that is written'),
});

/** The shape of the one configuration file. */
export const configSchema = z
  .strictObject({
    node: name.default('node-1').describe('name of this machine in the cluster'),
    tenant: name.default('default').describe('tenant of sessions that nothing else assigns to one'),
    dataDir: z
      .string()
      .min(1)
      .default('var')
      .describe('folder for journals, recordings, keys and run files; relative to the working folder'),
    sip: sip.prefault({}),
    edge: edge.prefault({}),
    capture: captureSchema.prefault({}),
    recorder: recorder.prefault({}),
    links: links.prefault({}),
    core: core.prefault({}),
    resourceManager: resourceManagerSchema.prefault({}),
    replay: replaySchema.prefault({}),
    directory: directory.prefault({}),
    redis: redisSchema.prefault({}),
    shards: shardsSchema.prefault({}),
    nodes: z
      .record(name, nodeSchema)
      .default({})
      .describe('what runs on which node, where one file is for many; a node that is not named runs everything'),
    mail: mail.prefault({}),
    logging: logging.prefault({}),
  })
  .refine((config) => config.capture.portMax > config.capture.portMin, {
    path: ['capture', 'portMax'],
    message: 'must be greater than capture.portMin',
  });

/** A complete, valid configuration. */
export type Config = z.output<typeof configSchema>;

/** What a configuration file may hold, as JSON Schema: with descriptions, defaults and bounds. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
