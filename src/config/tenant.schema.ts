// What may be set for each tenant (guide ch. 4): all of it has a default that is the same for every tenant, and a tenant's own
// word wins, setting by setting.

import { z } from 'zod';
import { DnRanges } from '#src/dn';
import { TwinreelError } from '#src/errors';
import { metadataShape } from '#src/metadata';

const tenantName = z.string().regex(/^[^\p{Cc}]{1,128}$/u, '1 to 128 characters, none of them a control character');
const hostPort = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'host:port, such as tserver.example:3000');
const directoryNumber = z.string().min(1).max(64);

/** Ranges as DN activity detection reads them. */
export const dnRange = z.string().superRefine((text, context) => {
  try {
    new DnRanges({ include: [text] });
  } catch (error) {
    if (!(error instanceof TwinreelError)) throw error;
    context.addIssue({ code: 'custom', message: String(error.details['allowed']) });
  }
});

const sipAddress = z
  .string()
  .regex(/^$|^sips?:[^\s<>]{1,250}$/, 'a SIP address such as sip:lrg-1.example:5060, or nothing');
const keyPart = z.string().regex(/^[\x21-\x7e]{1,100}$/, '1 to 100 printable characters without blanks');
const optionalPart = z.string().regex(/^[\x21-\x7e]{0,100}$/, 'up to 100 printable characters without blanks');
const stateValue = z.string().min(1).max(255);

const notification = z
  .strictObject({
    audio: z.boolean().default(true).describe('true: calls carry whether their audio is recorded'),
    audioKey: keyPart.default('RECORDING_STATUS').describe('mandatory part of the key for audio'),
    audioKeyOptional: optionalPart.default('GIM').describe('optional part of the key for audio, behind an underscore'),
    video: z.boolean().default(true).describe('true: calls carry whether their screen is recorded'),
    videoKey: keyPart.default('RECORDING_VIDEO_STATUS').describe('mandatory part of the key for video'),
    videoKeyOptional: optionalPart.default('GIM').describe('optional part of the key for video, behind an underscore'),
    recording: stateValue.default('RECORDING_YES').describe('value while it is recorded'),
    notRecording: stateValue.default('RECORDING_NO').describe('value while it is not recorded'),
    noLongerRecording: stateValue
      .default('RECORDING_NO_LONGER')
      .describe('value when it was recorded and is so no more, or is paused'),
    prerecording: stateValue
      .default('RECORDING_PRERECORD')
      .describe('value while it is recorded to be kept on request'),
    undefined: stateValue.default('RECORDING_UNDEFINED').describe('value while nobody can say'),
  })
  .refine(
    (one) =>
      !one.audio ||
      !one.video ||
      [one.audioKey, one.audioKeyOptional].join() !== [one.videoKey, one.videoKeyOptional].join(),
    { path: ['videoKey'], message: 'audio and video have keys of their own' },
  );

const webhook = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'an address such as https://desk.example/twinreel' })
    .describe('where POST goes'),
  secret: z
    .string()
    .min(16, 'at least 16 characters')
    .max(255)
    .describe('what each message is signed with (HMAC-SHA256); with whsec_ in front its base64 is the key')
    .meta({ secret: true }),
});

const settings = {
  clientIdentification: z
    .string()
    .min(1)
    .max(255)
    .default('callrec')
    .describe('name under which telephony servers know us (guide: Client Identification)'),
  password: z
    .string()
    .max(255)
    .optional()
    .describe('password at telephony servers (guide: Tenant Password)')
    .meta({ secret: true }),
  rtpInfoPassword: z
    .string()
    .max(255)
    .optional()
    .describe('not used: who replicates media needs none (guide: RTP Info Password, ignored in MSR mode)')
    .meta({ secret: true }),
  includeDns: z
    .array(dnRange)
    .max(10_000)
    .default([])
    .describe('DNs that are watched, as 1000-1900, 3556 or a regular expression; empty: all (guide: Include DN Range)'),
  excludeDns: z
    .array(dnRange)
    .max(10_000)
    .default([])
    .describe('DNs that are not watched, whatever else says so (guide: Exclude DN Range)'),
  geoLocation: z
    .enum(['do-not-send', 'source', 'destination'])
    .default('do-not-send')
    .describe('side of the call a recording is pinned to: nothing is sent, that of our DN, or the other one'),
  dest: sipAddress
    .default('')
    .describe('address of the first group of recorders, sent with each request; empty: not sent'),
  dest2: sipAddress.default('').describe('address of the second group of recorders, for duplication; empty: not sent'),
  notification: notification.prefault({}),
  webhooks: z
    .array(webhook)
    .max(16)
    .default([])
    .describe('systems that are told by POST of every change of what is recorded'),
  ...metadataShape,
} as const;

/** What every tenant takes that says nothing else. */
export const tenantDefaultsSchema = z.strictObject(settings);

const tenantSwitch = z.strictObject({
  name: tenantName.describe('name of the switch'),
  servers: z.array(hostPort).min(1).max(2).describe('its telephony server, primary first, then backup'),
  dns: z.array(directoryNumber).max(200_000).describe('its DNs; those in the ranges of the tenant are watched'),
});

/** A tenant that the file names. Before it is read, what it leaves out is taken from the defaults. */
export const tenantSchema = z.strictObject({
  name: tenantName.describe('name of the tenant'),
  switches: z
    .array(tenantSwitch)
    .max(64)
    .default([])
    .describe('switches of the tenant, besides those the configuration server names'),
  feedToken: z
    .string()
    .min(16, 'at least 16 characters')
    .max(255)
    .optional()
    .describe(
      'what a reader of the live feed shows to see the couples of this tenant; without one there is no feed of it',
    )
    .meta({ secret: true }),
  ...settings,
});

export type TenantConfig = z.output<typeof tenantDefaultsSchema>;
